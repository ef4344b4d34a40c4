using System.Collections;
using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

/// <summary>The relay's executable, for a program of one's own that adds plugins in code.</summary>
public static class RelayApplication
{
    /// <summary>Does what the command line asks for: runs the relay until it is told to stop, checks the configuration, or prints help.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="configure">Adds services, plugins first of all: <c>services.AddRelayPlugin&lt;MyPlugin&gt;()</c>.</param>
    /// <returns>The exit code: 0, 1 when the relay failed, 2 for faulty settings or plugins.</returns>
    public static Task<int> RunAsync(string[] args, Action<IServiceCollection>? configure = null) =>
        RunAsync(CommandLine.Parse(args), SettingsChecks.All, (source, settings, logFile) => RelayHost.RunAsync(settings, logFile, Console.Out, services =>
        {
            services.AddSingleton(source);
            configure?.Invoke(services);
        }));

    /// <summary>The same for any of the relay's executables.</summary>
    internal static Task<int> RunAsync(CommandLine line, ImmutableArray<SettingsCheck> checks, Func<SettingsSource, RelaySettings, Stream?, Task> run)
    {
        var environment = Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(each => (string)each.Key, each => (string?)each.Value ?? "", StringComparer.Ordinal);
        var input = new SettingsInput(line, environment) { Checks = checks };
        var source = new SettingsSource(input);
        return new RelayCommand(Console.Out, Console.Error, (settings, logFile) => run(source, settings, logFile)).ExecuteAsync(input);
    }
}
