namespace Relay.Gateway.Hosting;

internal sealed record RelayNodesOptions
{
    public bool Enabled { get; init; } = true;

    public int MaxBodyBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Of all requests that wait or run in this process.</summary>
    public int MaxWaitingBytes { get; init; } = 256 * 1024 * 1024;

    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan QueueTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of one model.</summary>
    public int QueueLength { get; init; } = 100;

    /// <summary>Of one tenant.</summary>
    public int MaxNodes { get; init; } = 1000;

    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Of one stream.</summary>
    public int ReplayBytes { get; init; } = 1024 * 1024;

    /// <summary>Of all streams of a tenant.</summary>
    public int TenantReplayBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Resumable ones of one tenant.</summary>
    public int MaxStreams { get; init; } = 1000;
}
