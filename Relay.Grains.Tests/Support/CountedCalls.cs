using System.Collections.Concurrent;
using Orleans;

namespace Relay.Grains.Tests.Support;

/// <summary>Counts calls by their methods.</summary>
internal sealed class CountedCalls : IOutgoingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>Calls of gateways that a grain made in its own name: their answers may be lost when the grain has moved.</summary>
    public ConcurrentQueue<string> InAGrainsName { get; } = new();

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType == typeof(IGatewayObserver) && context.SourceId is { } source && !source.ToString().StartsWith("sys.", StringComparison.Ordinal)) InAGrainsName.Enqueue($"{source}: {context.InterfaceMethod.Name}");
        _counts.AddOrUpdate($"{context.InterfaceMethod.DeclaringType!.Name}.{context.InterfaceMethod.Name}", 1, static (_, count) => count + 1);
        return context.Invoke();
    }

    /// <summary>All calls of hubs, and all that hubs call at gateways.</summary>
    public int OfHubs => _counts.Where(static count => count.Key.StartsWith("IUserHubGrain.", StringComparison.Ordinal) || count.Key.StartsWith("IGatewayObserver.", StringComparison.Ordinal)).Sum(static count => count.Value);
}
