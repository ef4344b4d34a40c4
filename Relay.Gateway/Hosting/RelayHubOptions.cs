namespace Relay.Gateway.Hosting;

internal sealed record RelayHubOptions
{
    public bool Enabled { get; init; } = true;

    public int MaxConnectionsPerUser { get; init; } = 5;

    public int QueueMultiplier { get; init; } = 100;

    public int QueueBytes { get; init; } = 256 * 1024;

    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan UserHubInactivityTimeout { get; init; } = TimeSpan.FromSeconds(7200);

    public TimeSpan CancelTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public int MaxMessageBytes { get; init; } = 64 * 1024;

    public int OutboxBytes { get; init; } = 1024 * 1024;

    /// <summary>0: no limit.</summary>
    public int MaxMessagesPerSecond { get; init; }

    public int MaxGroupsPerUser { get; init; } = 1000;

    public int MaxUserHubs { get; init; } = 1_000_000;
}
