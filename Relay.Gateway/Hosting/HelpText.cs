namespace Relay.Gateway.Hosting;

internal static class HelpText
{
    // What someone is likely to change first; docs/relay.yaml has the rest.
    private static readonly string[] MainKeys =
        ["server.host", "server.port", "metrics.port", "logging.level", "hub.max_connections_per_user", "plugins.directory", "storage.sqlite.path"];

    public static string Write()
    {
        var defaults = new RelaySettings();
        var lines = MainKeys
            .Select(key => SettingsMap.All.First(setting => setting.Key == key))
            .Select(setting => $"  --{setting.Key.Replace('.', ':'),-34} {setting.Doc} [{setting.Show(defaults)}]");
        return $"""
            relay: a multi-tenant WebSocket relay

            Usage: Relay.Gateway [--config-file FILE] [--SECTION:KEY VALUE]...
                   Relay.Gateway --check-config [the same]

              --config-file FILE                   read settings from a YAML file
              --check-config                       print every fault of the settings; exit 0 or 2
              --help                               print this
              --version                            print the version

            Every setting is also an option; the main ones, with their defaults:
            {string.Join('\n', lines)}

            An option wins over the environment (RELAY_SERVER__PORT=9000), that over the file, that over the default.
            docs/relay.yaml describes every setting.
            """;
    }
}
