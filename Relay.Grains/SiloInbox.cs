using Microsoft.Extensions.Logging;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// Hands each user's batch to the user's hub. It looks for links only, which a join has made that was let through to the hub's own grain: so nothing is
/// reached here that <see cref="TenantCallFilter"/> has not seen.
/// </summary>
internal sealed class SiloInbox : GrainService, ISiloInbox
{
    private readonly SiloHubs _hubs;

    public SiloInbox(GrainId id, Silo silo, ILoggerFactory logs, SiloHubs hubs)
        : base(id, silo, logs)
    {
        _hubs = hubs;
        hubs.Inbox = GrainReference.AsReference<ISiloInbox>();
    }

    public Task<bool[]> Accept(string gateway, UserBatch[] batches)
    {
        var taken = new bool[batches.Length];
        // The next batches come on this thread, whoever they are for: plugins' code must not hold it.
        using var scope = TurnScope.EnterWithoutPlugins();
        for (var i = 0; i < taken.Length; i++) taken[i] = _hubs.Find(gateway, batches[i].User)?.Accept(batches[i]) ?? false;
        return Task.FromResult(taken);
    }
}
