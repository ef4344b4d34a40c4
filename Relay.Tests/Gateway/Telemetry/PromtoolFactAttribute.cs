namespace Relay.Tests.Gateway.Telemetry;

/// <summary>A test that needs Prometheus' promtool: skipped where it is not installed, but never by CI, where that is a failure.</summary>
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (Program is null) Skip = "promtool is not installed";
    }

    /// <summary>The program; its bare name when it should be there and is not, so that starting it fails.</summary>
    public static string? Program { get; } = Find("promtool") ?? (Environment.GetEnvironmentVariable("CI") == "true" ? "promtool" : null);

    /// <summary>Where a program is, if it is in the PATH.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
