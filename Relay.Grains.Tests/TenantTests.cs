using Orleans.Runtime;
using Relay.Core;
using Relay.Grains.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>Calls that name another tenant's actor.</summary>
public sealed class TenantTests : ClusterTest
{
    [Theory]
    [InlineData("other")]
    [InlineData(null)]
    public async Task ACallOfAnotherTenantsHubIsRefusedAndLogged(string? tenant)
    {
        var client = await JoinAsync(First);
        Become(tenant);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Cluster.Grains.GetGrain<IUserHubGrain>(User("alice").ToActorKey()).Push("{}"u8.ToArray()));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Cluster.Grains.GetGrain<ICentralHubGrain>(CentralKey.Of(User("alice"), 4).ToActorKey()).MayKnow("alice"));
        RequestContext.Clear();
        Assert.Contains(Cluster.Logged.Of(4004), text => text.Contains("Push") && text.Contains(tenant ?? "(none)") && text.Contains("default"));
        Assert.Contains(Cluster.Logged.Of(4004), text => text.Contains("MayKnow"));
        Assert.DoesNotContain("{}", client.Connection.Frames);
    }

    [Fact]
    public async Task ACallOfTheOwnTenantIsNot()
    {
        var client = await JoinAsync(First);
        Become("default");
        Assert.Equal(1, await Cluster.Grains.GetGrain<IUserHubGrain>(User("alice").ToActorKey()).Push("""{"type":"news"}"""u8.ToArray()));
        RequestContext.Clear();
        await client.Connection.NextAsync("news");
        Assert.Empty(Cluster.Logged.Of(4004));
    }

    private static void Become(string? tenant)
    {
        RequestContext.Clear();
        if (tenant is not null) TenantContext.Set(new(tenant));
    }
}
