using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>Where nodes dial in and where callers call: one relay, or two gateways of a cluster.</summary>
/// <param name="nodes">Where nodes dial in.</param>
/// <param name="callers">Where callers call.</param>
/// <param name="logged">What is logged besides by these.</param>
/// <param name="end">Ends what is behind them.</param>
internal sealed class NodeHouse(RelayServer nodes, RelayServer callers, Func<IEnumerable<string>>? logged = null, Func<ValueTask>? end = null) : IAsyncDisposable
{
    public RelayServer Nodes => nodes;

    public RelayServer Callers => callers;

    public IEnumerable<string> Logged => logged?.Invoke() ?? [];

    public static implicit operator NodeHouse(RelayServer relay) => new(relay, relay);

    public async ValueTask DisposeAsync()
    {
        await nodes.DisposeAsync();
        if (callers != nodes) await callers.DisposeAsync();
        if (end is not null) await end();
    }
}

/// <summary>What nodes and their callers may rely on, whatever runs between them.</summary>
public abstract class NodeHttpTests
{
    /// <summary>Starts what is tested.</summary>
    private protected abstract Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change = null, ManualTime? time = null, Action<IServiceCollection>? services = null);
}
