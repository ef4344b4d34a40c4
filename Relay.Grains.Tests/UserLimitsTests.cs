using Relay.Core;
using Relay.Core.Limits;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Grains.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>A user's limits at two gateways of a cluster: never exceeded, whatever is lost.</summary>
public sealed class UserLimitsTests : ClusterTest
{
    private const int Limit = 7;

    private static readonly TenantId Tenant = new("one");

    [Fact]
    public async Task OfManySocketsAtOnceExactlySoManyAreOpenAndOneThatIsAloneHasThemAll()
    {
        using var first = new Gateway(First);
        using var second = new Gateway(Second);
        Assert.Equal(Limit, await OpenAsync(200, first, second));
        first.CloseAll();
        second.CloseAll();
        await Eventually.Async(async () => await OpenAsync(1, second) == 1);
        await Eventually.Async(async () => await OpenAsync(1, second) == 0);
        Assert.Equal(Limit, second.Open);
    }

    [Fact]
    public async Task TheSocketsOfALostGatewayAreFreeWhenItsLeaseHasEnded()
    {
        using var first = new Gateway(First);
        using var second = new Gateway(Second);
        Assert.Equal(Limit, await OpenAsync(Limit, first));
        Assert.Equal(0, await OpenAsync(1, second));
        first.Dispose();
        First.Dispose();
        await Eventually.Async(async () => await OpenAsync(Limit, second) == 0 && second.Open > 0);
        Assert.Equal(Limit, second.Open);
    }

    [Fact]
    public async Task WhoeverCountsAfterALostSiloKnowsWhatIsOpen()
    {
        using var first = new Gateway(First);
        using var second = new Gateway(Second);
        Assert.Equal(Limit, await OpenAsync(20, first, second));
        var owner = await Cluster.SiloOfAsync(GrainAddresses.UserLimits(Cluster.Grains, CentralKey.Of(new(Tenant, "alice"), ClusterOptions.CentralShards)));
        await Cluster.KillAsync(owner);
        Assert.Equal(0, await OpenAsync(20, first, second));
        Assert.Equal(Limit, first.Open + second.Open);
        first.CloseAll();
        second.CloseAll();
        await Eventually.Async(async () => await OpenAsync(1, first, second) + first.Open + second.Open > 0);
    }

    [Fact]
    public async Task MessagesOfBothAreNeverMoreThanTheRate()
    {
        const int Rate = 20;
        using var first = new Gateway(First) { Limits = new() { UserMessagesPerSecond = Rate } };
        using var second = new Gateway(Second) { Limits = new() { UserMessagesPerSecond = Rate } };
        // Whoever counts has begun by then, and gives all that there is.
        Assert.True(await first.TrySendAsync());
        var began = TimeProvider.System.GetTimestamp();
        var sent = 1;
        for (var i = 0; i < 100; i++)
        {
            if (await first.TrySendAsync()) sent++;
            if (await second.TrySendAsync()) sent++;
        }

        Assert.InRange(sent, Rate, Rate + 1 + (TimeProvider.System.GetElapsedTime(began).TotalSeconds * Rate));
    }

    // Those of the first, of the second, of the first…
    private static async Task<int> OpenAsync(int count, params Gateway[] gateways)
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, count).Select(i => gateways[i % gateways.Length].OpenAsync()).ToList()).WaitAsync(TimeSpan.FromSeconds(60));
        return opened.Count(static one => one);
    }

    private sealed class Gateway : IDisposable
    {
        private readonly LimitTable _table;
        private readonly Lock _gate = new();
        private readonly Stack<ConnectionMeter> _meters = new();

        public Gateway(OrleansRuntime runtime)
        {
            _table = new(TimeProvider.System, SubjectLimits.None, _ => Limits);
            _table.Share(runtime.Limits.Users!);
        }

        public RelayLimitsOptions Limits { get; init; } = new() { UserConnections = Limit };

        public int Open
        {
            get
            {
                lock (_gate) return _meters.Count;
            }
        }

        public async Task<bool> OpenAsync()
        {
            if ((await _table.OpenAsync(Tenant, "alice")).Meter is not { } meter) return false;
            lock (_gate) _meters.Push(meter);
            return true;
        }

        public async Task<bool> TrySendAsync() => (await _table.TryMessageAsync(Tenant, "alice")).Refusal is null;

        public void CloseAll()
        {
            lock (_gate)
                while (_meters.TryPop(out var meter)) meter.Dispose();
        }

        public void Dispose() => _table.Dispose();
    }
}
