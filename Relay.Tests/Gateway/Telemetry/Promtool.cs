using System.Diagnostics;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>What Prometheus' promtool says.</summary>
internal static class Promtool
{
    /// <summary>It finds nothing to correct in metrics, given in the text format.</summary>
    public static async Task CheckMetricsAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo(PromtoolFactAttribute.Program!, ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = promtool.StandardOutput.ReadToEndAsync();
        var errors = promtool.StandardError.ReadToEndAsync();
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal("", await output + await errors);
        Assert.Equal(0, promtool.ExitCode);
    }
}
