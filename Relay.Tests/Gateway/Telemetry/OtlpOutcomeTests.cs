using OpenTelemetry;
using Relay.Gateway.Telemetry;

namespace Relay.Tests.Gateway.Telemetry;

public sealed class OtlpOutcomeTests
{
    [Fact]
    public void EachExportIsCountedAndARowOfFailuresIsToldOnceAtItsBeginningAndOnceAtItsEnd()
    {
        var (counters, told) = (new OtlpCounters(), new List<string>());
        var outcome = new OtlpOutcome(counters, () => told.Add("failed"), failures => told.Add($"again after {failures}"));

        Assert.Equal(ExportResult.Success, outcome.Take(ExportResult.Success));
        Assert.Empty(told);
        for (var i = 0; i < 3; i++) Assert.Equal(ExportResult.Failure, outcome.Take(ExportResult.Failure));
        Assert.Equal(["failed"], told);
        for (var i = 0; i < 2; i++) outcome.Take(ExportResult.Success);
        Assert.Equal(["failed", "again after 3"], told);
        outcome.Take(ExportResult.Failure);
        Assert.Equal(["failed", "again after 3", "failed"], told);
        Assert.Equal((3, 4), (counters.Sent, counters.Failed));
    }
}
