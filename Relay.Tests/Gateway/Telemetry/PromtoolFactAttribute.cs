namespace Relay.Tests.Gateway.Telemetry;

/// <summary>A test that needs Prometheus' promtool: skipped where it is not installed, but never by CI, where that is a failure.</summary>
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (Program is null) Skip = "promtool is not installed";
    }

    /// <summary>The program; its bare name when it should be there and is not, so that starting it fails.</summary>
    public static string? Program { get; } = Find() ?? (Environment.GetEnvironmentVariable("CI") == "true" ? "promtool" : null);

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "promtool"))
        .FirstOrDefault(File.Exists);
}
