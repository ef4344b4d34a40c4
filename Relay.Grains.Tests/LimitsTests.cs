using Relay.Core;
using Relay.Core.Limits;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Grains.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>A tenant's limits at two gateways of a cluster: within one for each gateway, and where they are wanted.</summary>
public sealed class LimitsTests : ClusterTest
{
    private const int Limit = 100;

    private static readonly TenantId Tenant = new("one");

    [Fact]
    public async Task TwoGatewaysTogetherHaveOneLimit()
    {
        using var first = new Gateway(First);
        using var second = new Gateway(Second);
        first.OpenAll(1);
        second.OpenAll(1);
        await SettleAsync(first, second, static (one, other) => one < Limit && other < Limit);

        first.OpenAll();
        second.OpenAll();
        Assert.InRange(first.Open + second.Open, Limit / 2, Limit + 2);
        await SettleAsync(first, second, static (one, other) => Math.Min(one, other) > 0);
        first.OpenAll();
        second.OpenAll();
        Assert.InRange(first.Open + second.Open, Limit - 2, Limit + 2);
    }

    [Fact]
    public async Task WhatOneGatewayLetsGoOfTheOtherGets()
    {
        using var first = new Gateway(First);
        using var second = new Gateway(Second);
        first.OpenAll(1);
        second.OpenAll(1);
        await SettleAsync(first, second, static (one, other) => one + other <= Limit + 2);
        first.OpenAll();
        first.CloseAll();
        await SettleAsync(first, second, static (_, other) => other >= Limit * 3 / 4, wantsSecond: true);
        second.OpenAll();
        Assert.InRange(second.Open, Limit * 3 / 4, Limit);
    }

    [Fact]
    public async Task AnotherTenantHasAllOfItsOwn()
    {
        using var first = new Gateway(First);
        using var second = new Gateway(Second);
        first.OpenAll();
        await first.Sharer.AskAllAsync();
        var share = await Second.Limits.ShareAsync(new("other"), default, SubjectLimits.None, new(Connections: Limit));
        Assert.Equal(Limit, share.Connections);
    }

    // Rounds of reports, as the timers make them; each has ended when the next begins.
    private static async Task SettleAsync(Gateway first, Gateway second, Func<int, int, bool> until, bool wantsSecond = false) => await Eventually.Async(async () =>
    {
        await first.Sharer.AskAllAsync();
        if (wantsSecond) second.OpenAll();
        await second.Sharer.AskAllAsync();
        return until(first.Share, second.Share);
    });

    private sealed class Gateway : IDisposable
    {
        private readonly LimitTable _table = new(TimeProvider.System, SubjectLimits.None, static _ => new RelayLimitsOptions { TenantConnections = Limit });
        private readonly Stack<ConnectionMeter> _meters = new();

        public Gateway(OrleansRuntime runtime) => Sharer = new(_table, runtime);

        public LimitSharer Sharer { get; }

        public int Open => _meters.Count;

        public int Share => _table.Use(Tenant)?.Share.Connections ?? 0;

        public void OpenAll(int most = int.MaxValue)
        {
            while (most-- > 0 && _table.Open(Tenant, null).Meter is { } meter) _meters.Push(meter);
        }

        public void CloseAll()
        {
            while (_meters.TryPop(out var meter))
            {
                meter.Leave();
                meter.Dispose();
            }

            OpenAll(1);
        }

        public void Dispose()
        {
            Sharer.Dispose();
            _table.Dispose();
        }
    }
}
