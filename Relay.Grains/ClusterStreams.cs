using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The streams of a gateway in a cluster: the tenant's pool knows which gateway has which, and what is read elsewhere goes from gateway to gateway like a call.</summary>
internal sealed class ClusterStreams(ClusterNodes nodes) : IStreamRuntime
{
    public IStreamHome? Home { get; set; }

    public async ValueTask<StreamClaim?> ClaimAsync(TenantId tenant, string id)
    {
        var claim = nodes.Pool(tenant).Claim(id);
        try
        {
            if (await claim.Granted.WaitAsync(nodes.Options.JoinPatience, nodes.Time)) return claim;
        }
        catch (TimeoutException)
        {
            _ = claim.ReleaseAsync();
            throw;
        }

        _ = claim.ReleaseAsync();
        return null;
    }

    public CallLink? Find(TenantId tenant, string id, INodeCaller caller) => nodes.Pool(tenant).Read(id, caller);
}

/// <summary>A stream of this gateway, as the tenant's pool knows it.</summary>
internal sealed class ClusterClaim(ClusterNodePool pool, long number, string id) : StreamClaim
{
    private readonly TaskCompletionSource<bool> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Task? _released;

    public long Number => number;

    public Task<bool> Granted => _granted.Task;

    public void Answer(bool isGranted) => _granted.TrySetResult(isGranted);

    /// <summary>Tells the pool, or one that does not know this gateway.</summary>
    public void Tell()
    {
        lock (_gate)
            if (_released is null) pool.Tell(new((int)NodeTellingKind.Claim, number, Serial: Granted is { IsCompletedSuccessfully: true, Result: true } ? 1 : 0, Stream: id));
    }

    public override Task ReleaseAsync()
    {
        lock (_gate) return _released ??= Forget();
    }

    private Task Forget()
    {
        pool.Remove(this);
        return pool.TellAsync(new((int)NodeTellingKind.Release, number, Stream: id));
    }
}

/// <summary>What stands in a node's place for a reader of a stream that lives here.</summary>
internal sealed class StreamPlace(ClusterNodePool pool, string id) : ICallPlace
{
    public void Begin(INodeCaller caller, NodeEndRef call, TimeSpan waited) => pool.Nodes.Streams.Home?.Begin(pool.Tenant, id, caller);

    public void TellDone(NodeEndRef call)
    {
    }
}
