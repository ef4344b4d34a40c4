using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The gateways that live, by the leases that they renew.</summary>
[KeepAlive]
internal sealed class GatewayDirectoryGrain(ClusterOptions cluster, TimeProvider time) : Grain, IGatewayDirectoryGrain
{
    private readonly string _name = Guid.NewGuid().ToString("N");
    private readonly Dictionary<string, (GatewayRef Gateway, long Heard)> _gateways = [];
    private readonly long _born = time.GetTimestamp();
    private bool _hadPredecessor;

    public Task<string> Announce(GatewayRef gateway)
    {
        Meet(gateway.Directory);
        _gateways[gateway.Id] = (gateway, time.GetTimestamp());
        return Task.FromResult(_name);
    }

    public Task Withdraw(string gateway)
    {
        _gateways.Remove(gateway);
        return Task.CompletedTask;
    }

    public async Task<GatewayRef[]> List(string known)
    {
        Meet(known);
        var toWait = cluster.SuccessionTime - time.GetElapsedTime(_born);
        if (_hadPredecessor && toWait > TimeSpan.Zero) await Task.Delay(toWait, time);
        foreach (var (id, entry) in _gateways)
            if (time.GetElapsedTime(entry.Heard) > cluster.Lease) _gateways.Remove(id);
        return [.. _gateways.Values.Select(static entry => entry.Gateway)];
    }

    private void Meet(string directory)
    {
        if (directory.Length > 0 && directory != _name) _hadPredecessor = true;
    }
}
