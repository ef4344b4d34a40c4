using Relay.Gateway.Telemetry;
using Relay.Tests.Repository;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>docs/metrics.md says what the table of instruments says, and nothing else.</summary>
public sealed class MetricsPageTests
{
    [Fact]
    public void EveryInstrumentStandsInThePage() => Assert.Equal(
        RelayInstruments.All.Select(static row => $"| `{row.Name}` | {row.Kind.ToString().ToLowerInvariant()} | {string.Join(", ", row.Labels.Select(static label => $"`{label}`"))} | {row.Help} |"),
        SourceTree.Read("docs/metrics.md").Split('\n').Where(static line => line.StartsWith("| `relay_", StringComparison.Ordinal) || line.StartsWith("| `websocket_", StringComparison.Ordinal)));

    [Fact]
    public void ANameSaysItsKindAndItsUnitAndStandsOnce()
    {
        Assert.Equal(RelayInstruments.All.Count, RelayInstruments.All.Select(static row => row.Name).Distinct().Count());
        Assert.All(RelayInstruments.All, static row =>
        {
            Assert.Matches("^(relay|websocket)_[a-z_]+$", row.Name);
            // OpenMetrics has the ending for when a series began, and deploy/ drops what has it.
            Assert.False(row.Name.EndsWith("_created", StringComparison.Ordinal));
            Assert.EndsWith(".", row.Help);
            Assert.Equal(row.Kind == InstrumentKind.Counter, row.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.Equal(row.Kind == InstrumentKind.Histogram, row is DurationRow);
            if (row is not DurationRow duration) return;
            Assert.Equal("s", row.Unit);
            Assert.Equal(duration.Bounds.Order(), duration.Bounds);
        });
    }

    [Fact]
    public void NobodyElseMakesAnInstrument() => Assert.Equal(
        ["Relay.Gateway/Telemetry/InstrumentRow.cs", "Relay.Gateway/Telemetry/RelayMetrics.cs", "Relay.Gateway/Telemetry/RelayTelemetry.cs"],
        SourceTree.CSharp().Where(static file => !file.StartsWith("Relay.Tests/", StringComparison.Ordinal) && !file.StartsWith("Relay.Grains.Tests/", StringComparison.Ordinal) && !file.StartsWith("Relay.Benchmarks/", StringComparison.Ordinal) && SourceTree.Read(file).Contains("System.Diagnostics.Metrics", StringComparison.Ordinal)).Order());
}
