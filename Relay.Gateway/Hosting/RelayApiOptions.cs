namespace Relay.Gateway.Hosting;

internal sealed record RelayApiOptions
{
    public TimeSpan IdempotencyWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of one tenant.</summary>
    public int MaxIdempotencyKeys { get; init; } = 100_000;
}
