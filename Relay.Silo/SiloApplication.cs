using Relay.Gateway.Hosting;

namespace Relay.Silo;

/// <summary>The cluster node's executable, for a program of one's own that adds plugins and grains in code.</summary>
public static class SiloApplication
{
    /// <summary>Does what the command line asks for: runs a node until it is told to stop, checks the configuration, or prints help.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="configure">Adds services, plugins first of all: <c>services.AddRelayPlugin&lt;MyPlugin&gt;()</c>.</param>
    /// <returns>The exit code: 0, 1 when the node failed, 2 for faulty settings or plugins.</returns>
    public static Task<int> RunAsync(string[] args, Action<IServiceCollection>? configure = null)
    {
        var line = CommandLine.Parse(args, RelayProgram.Silo);
        return RelayApplication.RunAsync(
            line,
            [.. SettingsChecks.All, RedisMembership.Check, .. line.Role == ClusterRole.Gateway ? Array.Empty<SettingsCheck>() : [ClusterSettings.SharedStore, SiloDashboard.Check]],
            (source, settings, logFile) => SiloHost.RunAsync(line.Role, settings, logFile, Console.Out, services =>
            {
                services.AddSingleton(source);
                configure?.Invoke(services);
            }));
    }
}
