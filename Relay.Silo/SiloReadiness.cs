using Relay.Gateway.Hosting;

namespace Relay.Silo;

/// <summary>A silo is ready once it has joined, for the server only listens then, until it is told to stop.</summary>
internal sealed class SiloReadiness(IHostApplicationLifetime lifetime) : IReadiness
{
    public bool IsReady => !lifetime.ApplicationStopping.IsCancellationRequested;
}
