using System.Collections.Concurrent;
using Orleans;

namespace Relay.Grains.Tests.Support;

/// <summary>Counts calls by their methods.</summary>
internal sealed class CountedCalls : IOutgoingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        _counts.AddOrUpdate($"{context.InterfaceMethod.DeclaringType!.Name}.{context.InterfaceMethod.Name}", 1, static (_, count) => count + 1);
        return context.Invoke();
    }

    /// <summary>All calls of hubs, and all that hubs call at gateways.</summary>
    public int OfHubs => _counts.Where(static count => count.Key.StartsWith("IUserHubGrain.", StringComparison.Ordinal) || count.Key.StartsWith("IGatewayObserver.", StringComparison.Ordinal)).Sum(static count => count.Value);
}
