using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>The tenants of a cluster, asked for by two of its processes; and what is left when the silo that kept them is lost.</summary>
public sealed class TenantStoreTests : TenantStoreContract, IAsyncLifetime
{
    private static readonly RuntimeOptions Options = new(
        new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 10_000),
        new RestartPolicy((TimeSpan?)null),
        new InboxLimits(1000, 1 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)),
        4,
        3);

    private readonly Probe _probe = new();
    private RelayCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await RelayCluster.StartAsync(Options, [typeof(TestPlugin)], _probe, new(4, TimeSpan.FromMilliseconds(500)));

    public async Task DisposeAsync()
    {
        _probe.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task ALostSiloLosesNoTenant()
    {
        var (here, _) = await StoresAsync();
        await here.PutAsync(new("a"), "one"u8.ToArray(), null, CancellationToken.None);
        var mark = (await here.ReadAsync(default, CancellationToken.None)).Mark;
        var grain = _cluster.Grains.GetGrain<ITenantBookGrain>(0);
        var management = _cluster.Grains.GetGrain<IManagementGrain>(0);
        var address = await management.GetActivationAddress((IAddressable)grain);
        await _cluster.KillAsync(_cluster.Silos.Single(silo => silo.SiloAddress.Equals(address)));

        TenantNews? news = null;
        await Eventually.Async(async () =>
        {
            try
            {
                news = await here.ReadAsync(mark, CancellationToken.None);
                return true;
            }
            catch (Abstractions.StoreUnavailableException)
            {
                return false;
            }
        });
        Assert.True(news!.IsAll);
        Assert.Equal("a", Assert.Single(news.Tenants).Tenant.Name);
        Assert.Equal(new TenantWrite(TenantWriteOutcome.Written, 2), await here.PutAsync(new("a"), "two"u8.ToArray(), 1, CancellationToken.None));
    }

    private protected override Task<(ITenantStore Here, ITenantStore There)> StoresAsync() => Task.FromResult<(ITenantStore, ITenantStore)>(
        (new ClusterTenantStore(_cluster.Grains), new ClusterTenantStore(_cluster.Silos[1].ServiceProvider.GetRequiredService<IGrainFactory>())));
}
