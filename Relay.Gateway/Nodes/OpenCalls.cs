using System.Collections.Concurrent;
using Relay.Core;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Nodes;

/// <summary>The calls that wait for a node or are being answered, and whose they are.</summary>
internal sealed class OpenCalls(TenantDirectory tenants)
{
    private readonly ConcurrentDictionary<CallInbox, TenantId> _calls = new();

    public void Add(CallInbox call, TenantId tenant)
    {
        _calls.TryAdd(call, tenant);
        if (!tenants.Serves(tenant)) call.Break(CallError.TenantSuspended);
    }

    public void Remove(CallInbox call) => _calls.TryRemove(call, out _);

    /// <summary>Ends those of some tenants.</summary>
    /// <returns>How many.</returns>
    public int End(Func<TenantId, bool> ends)
    {
        var ended = 0;
        foreach (var (call, tenant) in _calls)
        {
            if (!ends(tenant)) continue;
            call.Break(CallError.TenantSuspended);
            ended++;
        }

        return ended;
    }
}
