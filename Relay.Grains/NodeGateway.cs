using Relay.Core;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A gateway as a tenant's pool knows it: what it is told goes one batch at a time, again until it has taken it. In the pool's turns only.</summary>
internal sealed class NodeGateway(GatewayRef gateway, TenantId tenant, ClusterOptions cluster, TimeProvider time, long life)
{
    // No more than the gateway has nodes and calls, a few for each.
    private readonly List<NodeNews> _waiting = [];
    private long _number;
    private bool _isTelling;
    private bool _hasEnded;

    public GatewayRef Gateway => gateway;

    /// <summary>Told to the gateway: with a higher one than before it is not known here, or not any more, and has to tell everything again.</summary>
    public long Life => life;

    public long Heard { get; set; }

    /// <summary>The last batch that it has told.</summary>
    public long LastNumber { get; set; }

    public void Tell(NodeNews news)
    {
        _waiting.Add(news);
        if (_isTelling) return;
        _isTelling = true;
        _ = TellAsync();
    }

    public void End() => _hasEnded = true;

    private async Task TellAsync()
    {
        while (_waiting.Count > 0 && !_hasEnded)
        {
            var batch = new NodeNewsBatch(tenant.Name, life, ++_number, [.. _waiting]);
            _waiting.Clear();
            while (!await TryTellAsync(batch) && !_hasEnded) await Task.Delay(cluster.RetryDelay, time);
        }

        _isTelling = false;
    }

    private async Task<bool> TryTellAsync(NodeNewsBatch batch)
    {
        try
        {
            await gateway.CallAsync(observer => observer.TakeNodes(batch)).WaitAsync(cluster.CallTimeout, time);
            return true;
        }
        catch (Exception)
        {
            // When it is silent for too long, it is lost.
            return false;
        }
    }
}
