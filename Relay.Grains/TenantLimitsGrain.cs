using Orleans.Concurrency;
using Orleans.Placement;
using Relay.Core;
using Relay.Core.Limits;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Divides a tenant's limits among the gateways.</summary>
[Alias("relay.ITenantLimitsGrain")]
internal interface ITenantLimitsGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="LimitShares.Report"/>.</summary>
    [AlwaysInterleave, Alias("Report")]
    Task<LimitsWire> Report(string gateway, LimitsWire use, LimitsWire held, LimitsWire limits);
}

/// <summary>Hosts <see cref="LimitShares"/>. It is soft: one that begins anew learns the shares from the gateways that have them.</summary>
[PreferLocalPlacement]
internal sealed class TenantLimitsGrain(SiloHubs silo, ClusterOptions cluster) : Grain, ITenantLimitsGrain
{
    private readonly LimitShares _shares = new(cluster.Lease);

    public Task<LimitsWire> Report(string gateway, LimitsWire use, LimitsWire held, LimitsWire limits) => Task.FromResult(LimitsWire.Of(
        _shares.Report(gateway, new(use.Connections, use.Connects, use.Messages, use.Bytes), held.ToLimits(), limits.ToLimits(), new(silo.Clock.Now))));
}

/// <summary>A tenant's limits in a cluster, as a gateway asks for its share of them.</summary>
internal sealed class ClusterLimits(OrleansRuntime runtime) : ILimitRuntime
{
    public TimeSpan? AskEvery => runtime.Options.SyncInterval;

    public IUserLimitRuntime? Users => runtime.ClusterUserLimits;

    public async ValueTask<SubjectLimits> ShareAsync(TenantId tenant, LimitUse use, SubjectLimits held, SubjectLimits limits)
    {
        TenantContext.Set(tenant);
        var share = await runtime.Grains.Limits(tenant).Report(runtime.Gateway.Id, LimitsWire.Of(use), LimitsWire.Of(held), LimitsWire.Of(limits));
        return share.ToLimits();
    }
}
