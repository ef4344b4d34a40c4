using OpenTelemetry;

namespace Relay.Gateway.Telemetry;

/// <summary>What becomes of one signal's exports, of which the SDK makes one at a time: each is counted, and it is told once that they fail and once that they are taken again.</summary>
/// <param name="counters">Where they are counted.</param>
/// <param name="failed">The first one of several has failed.</param>
/// <param name="again">After so many that failed, one was taken.</param>
internal sealed class OtlpOutcome(OtlpCounters counters, Action failed, Action<long> again)
{
    private long _failures;

    /// <summary>An export has ended.</summary>
    /// <returns>The same.</returns>
    public ExportResult Take(ExportResult result)
    {
        if (result != ExportResult.Success)
        {
            counters.CountFailed();
            if (_failures++ == 0) failed();
            return result;
        }

        counters.CountSent();
        if (_failures > 0) again(_failures);
        _failures = 0;
        return result;
    }
}
