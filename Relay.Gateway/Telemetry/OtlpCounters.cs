namespace Relay.Gateway.Telemetry;

/// <summary>What became of what was to be sent to collectors.</summary>
internal sealed class OtlpExports
{
    public OtlpCounters Metrics { get; } = new();

    public OtlpCounters Traces { get; } = new();
}

/// <summary>What became of what one signal was to be sent.</summary>
internal sealed class OtlpCounters
{
    private long _sent;
    private long _failed;

    public long Sent => Interlocked.Read(ref _sent);

    public long Failed => Interlocked.Read(ref _failed);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountFailed() => Interlocked.Increment(ref _failed);
}
