namespace Relay.Gateway.Hosting;

internal static class HelpText
{
    // What someone is likely to change first; docs/relay.yaml has the rest.
    private static readonly string[] MainKeys =
        ["server.host", "server.port", "metrics.port", "logging.level", "hub.max_connections_per_user", "plugins.directory", "storage.sqlite.path"];

    private static readonly string[] ClusterKeys =
        ["cluster.membership", "cluster.redis.connection_string", "cluster.host", "cluster.silo_port", "cluster.gateway_port", "cluster.primary_port"];

    public static string Write(RelayProgram program)
    {
        var silo = program == RelayProgram.Silo;
        var defaults = new RelaySettings();
        var lines = (silo ? [.. MainKeys, .. ClusterKeys] : MainKeys)
            .Select(key => SettingsMap.All.First(setting => setting.Key == key))
            .Select(setting => $"  --{setting.Key.Replace('.', ':'),-34} {setting.Doc} [{setting.Show(defaults)}]");
        var (name, what, roleUsage, role) = silo
            ? ("Relay.Silo", "a node of a relay cluster", "[--role ROLE] ", "\n  --role ROLE                          silo: hubs; gateway: the front door; all: both [all]")
            : ("Relay.Gateway", "a multi-tenant WebSocket relay", "", "");
        return $"""
            relay: {what}

            Usage: {name} {roleUsage}[--config-file FILE] [--SECTION:KEY VALUE]...
                   {name} --check-config [the same]
                   {name} --check-health [the same]
            {role}
              --config-file FILE                   read settings from a YAML file
              --check-config                       print every fault of the settings; exit 0 or 2
              --check-health                       ask the relay that runs here with these settings whether it is ready; exit 0 or 1
              --help                               print this
              --version                            print the version

            Every setting is also an option; the main ones, with their defaults:
            {string.Join('\n', lines)}

            An option wins over the environment (RELAY_SERVER__PORT=9000), that over the file, that over the default.
            docs/relay.yaml describes every setting.
            """;
    }
}
