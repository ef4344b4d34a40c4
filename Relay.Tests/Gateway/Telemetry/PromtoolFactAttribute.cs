using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>A test that needs Prometheus' promtool: skipped where it is not installed, but never by CI, where that is a failure.</summary>
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (Program is null) Skip = "promtool is not installed";
    }

    /// <summary>The program.</summary>
    public static string? Program { get; } = Programs.FindOrFail("promtool");
}
