namespace Relay.Gateway.Hosting;

internal sealed record RelayPeersOptions
{
    public bool Enabled { get; init; } = true;

    public TimeSpan HoldTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public int HoldBytes { get; init; } = 1024 * 1024;

    /// <summary>Of one socket.</summary>
    public int MaxDocuments { get; init; } = 10_000;
}
