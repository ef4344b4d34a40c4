using Relay.Gateway.Storage;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Hosting;

/// <summary>Does what the command line asks for, and gives the exit code: 0, 1 when the relay failed, 2 for faulty settings.</summary>
internal sealed class RelayCommand(TextWriter output, TextWriter errors, Func<RelaySettings, Stream?, Task> run)
{
    public const int Failed = 1;
    public const int Faulty = 2;

    public Task<int> ExecuteAsync(SettingsInput input) => input.Command.Kind switch
    {
        CommandKind.Help => PrintAsync(HelpText.Write(input.Command.Program)),
        CommandKind.Version => PrintAsync("relay " + RelayVersion.Text),
        CommandKind.Check => CheckAsync(SettingsLoader.Load(input)),
        CommandKind.Health => HealthAsync(SettingsLoader.Load(input)),
        CommandKind.Run => RunAsync(SettingsLoader.Load(input)),
    };

    private async Task<int> PrintAsync(string text)
    {
        await output.WriteLineAsync(text);
        return 0;
    }

    private async Task<int> CheckAsync(SettingsResult result)
    {
        if (result.Settings is { } settings)
        {
            await PrintAsync("configuration is valid");
            foreach (var line in TenantExplanation.Of(settings)) await PrintAsync(line);
            return 0;
        }

        await PrintAsync(output, result.Faults);
        return Faulty;
    }

    private async Task<int> HealthAsync(SettingsResult result)
    {
        if (result.Settings is not { } settings)
        {
            await PrintAsync(errors, result.Faults);
            return Faulty;
        }

        var fault = await HealthCheck.AskAsync(settings.Server);
        if (fault is null) return await PrintAsync("ready");
        await errors.WriteLineAsync("relay: " + fault);
        return Failed;
    }

    private async Task<int> RunAsync(SettingsResult result)
    {
        if (result.Settings is not { } settings)
        {
            await PrintAsync(errors, result.Faults);
            return Faulty;
        }

        if (!RelayLogging.TryOpen(settings.Logging, out var logFile, out var fault))
        {
            await PrintAsync(errors, [fault]);
            return Faulty;
        }

        try
        {
            await run(settings, logFile);
            return 0;
        }
        catch (RelayStartException error)
        {
            foreach (var each in error.Faults) await errors.WriteLineAsync(each);
            return Faulty;
        }
        catch (StoreStartException error)
        {
            await errors.WriteLineAsync("relay: " + error.Message);
            return Failed;
        }
        catch (IOException error)
        {
            // An address that is in use, first of all: that needs a sentence, not a stack trace.
            await errors.WriteLineAsync("relay: " + error.Message);
            return Failed;
        }
    }

    private static async Task PrintAsync(TextWriter writer, IEnumerable<SettingFault> faults)
    {
        foreach (var fault in faults)
            await writer.WriteLineAsync(fault.ToString());
    }
}
