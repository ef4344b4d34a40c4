using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

public sealed class TenantFollowerTests
{
    [Fact]
    public async Task AClustersTenantsAreAskedForOnceTheProcessHasStarted()
    {
        var (store, tenants, lifetime) = (new ClusterStore(), new TenantDirectory(new RelaySettings()), new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance));
        using var follower = new TenantFollower(store, tenants, new ManualTime(), lifetime, NullLogger<TenantFollower>.Instance);
        await follower.StartAsync(CancellationToken.None);
        Assert.Equal((0, false), (store.Reads, follower.IsReady));
        lifetime.NotifyStarted();
        Assert.Equal((1, true), (store.Reads, follower.IsReady));
        await follower.StopAsync(CancellationToken.None);
    }

    /// <summary>A store that is asked again and again, with nothing in it.</summary>
    private sealed class ClusterStore : ITenantStore
    {
        public int Reads { get; private set; }

        public TimeSpan? AskEvery => TimeSpan.FromSeconds(1);

        public ValueTask<TenantNews> ReadAsync(TenantMark since, CancellationToken cancellation)
        {
            Reads++;
            return ValueTask.FromResult(new TenantNews(new(1, 1), IsAll: true, []));
        }

        public ValueTask<TenantWrite> PutAsync(TenantId tenant, byte[] value, long? expectedVersion, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<bool> DeleteAsync(TenantId tenant, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
