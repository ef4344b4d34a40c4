using Orleans.Concurrency;
using Orleans.Placement;
using Relay.Core;
using Relay.Core.Limits;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Counts the limits of a part of a tenant's users.</summary>
[Alias("relay.IUserLimitsGrain")]
internal interface IUserLimitsGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="UserShares.Report"/>.</summary>
    [AlwaysInterleave, Alias("Report")]
    Task<UserGrantsWire?> Report(GatewayRef gateway, long number, UserWishWire[] wishes);
}

/// <summary>
/// Hosts <see cref="UserShares"/>. One that begins may be the next of one that was lost: it asks every gateway that lives what it has, and grants nothing before all
/// have answered. Those that cannot be reached for a sync interval count as gone.
/// </summary>
[PreferLocalPlacement]
internal sealed class UserLimitsGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains) : Grain, IUserLimitsGrain
{
    // What a predecessor has granted of a rate is no more than a second's worth: after so long it does not count any more.
    private static readonly TimeSpan RatesForget = TimeSpan.FromSeconds(1);

    private readonly RuntimeClock _clock = new(silo.Time);
    private UserShares _shares = null!;
    private string _key = "";
    private Task? _rebuilt;

    private Turn Turn => new(_clock.Now);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_key, _shares) = (this.GetPrimaryKeyString(), new(silo.NextEpoch(), cluster.Lease));
        return Task.CompletedTask;
    }

    public async Task<UserGrantsWire?> Report(GatewayRef gateway, long number, UserWishWire[] wishes)
    {
        if (_rebuilt is null or { IsFaulted: true } or { IsCanceled: true }) _rebuilt = GatherAsync(gateway.Directory);
        await _rebuilt;
        if (_clock.Now < RatesForget && wishes.Any(static wish => wish.Limits is { Connects: > 0 } or { Messages: > 0 } or { Bytes: > 0 }))
            await Task.Delay(RatesForget - _clock.Now, silo.Time);
        return UserGrantsWire.Of(_shares.Report(gateway.Id, number, [.. wishes.Select(static wish => wish.ToWish())], Turn));
    }

    private async Task GatherAsync(string directory)
    {
        var gateways = await grains.Gateways().List(directory);
        await Task.WhenAll(gateways.Select(AskAsync));
    }

    private async Task AskAsync(GatewayRef gateway)
    {
        var (key, life, began) = (_key, _shares.Life, silo.Time.GetTimestamp());
        while (!silo.IsLost(gateway))
        {
            try
            {
                var holdings = await gateway.CallAsync(observer => observer.HeldLimits(key, life)).WaitAsync(cluster.CallTimeout, silo.Time);
                _shares.Restore(gateway.Id, holdings.ToHoldings(), Turn);
                return;
            }
            catch (Exception) when (silo.Time.GetElapsedTime(began) < cluster.SyncInterval)
            {
                await Task.Delay(cluster.RetryDelay, silo.Time);
            }
            catch (Exception)
            {
                // What it held counts as gone; if it should live, it tells everything when it reports.
                return;
            }
        }
    }
}

/// <summary>The limits of users in a cluster, as a gateway asks what is left of them.</summary>
internal sealed class ClusterUserLimits(OrleansRuntime runtime) : IUserLimitRuntime
{
    private volatile IUserLimitHost? _here;

    public TimeSpan ReportEvery => runtime.Options.SyncInterval;

    public TimeSpan Patience => runtime.Options.JoinPatience;

    public CentralKey OwnerOf(UserKey user) => CentralKey.Of(user, runtime.Options.CentralShards);

    public void Serve(IUserLimitHost host) => _here = host;

    public async ValueTask<UserGrants?> ReportAsync(CentralKey owner, long number, IReadOnlyList<UserWish> wishes)
    {
        TenantContext.Set(owner.Tenant);
        var grants = await runtime.Grains.UserLimits(owner).Report(runtime.Gateway, number, [.. wishes.Select(UserWishWire.Of)]).WaitAsync(runtime.Options.CallTimeout, runtime.Time);
        return grants?.ToGrants();
    }

    /// <summary>See <see cref="IUserLimitHost.Hold"/>.</summary>
    internal UserHoldingsWire Hold(CentralKey owner, long life) => UserHoldingsWire.Of(_here?.Hold(owner, life) ?? new(0, []));
}
