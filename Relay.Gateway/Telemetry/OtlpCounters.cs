namespace Relay.Gateway.Telemetry;

/// <summary>What became of the metrics that were to be sent to a collector.</summary>
internal sealed class OtlpCounters
{
    private long _sent;
    private long _failed;

    public long Sent => Interlocked.Read(ref _sent);

    public long Failed => Interlocked.Read(ref _failed);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountFailed() => Interlocked.Increment(ref _failed);
}
