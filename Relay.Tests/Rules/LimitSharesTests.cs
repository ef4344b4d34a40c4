using Relay.Core.Limits;

namespace Relay.Tests.Rules;

/// <summary>A tenant's limits, shared by the gateways of a cluster.</summary>
public class LimitSharesTests
{
    private const int Limit = 1000;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly SubjectLimits Limits = new(Connections: Limit);

    private readonly LimitShares _shares = new(Lease);
    private readonly Dictionary<string, SubjectLimits> _held = [];

    [Fact]
    public void OneGatewayHasAll() => Assert.Equal(Limit, Report("a", 5));

    [Fact]
    public void WhatHasNoLimitHasNone() => Assert.Equal(new(0, 0, 0, 0), _shares.Report("a", new(5, 5, 5, 5), SubjectLimits.None, SubjectLimits.None, default));

    [Fact]
    public void WhoUsesLittleLeavesTheRestToWhoWantsIt()
    {
        Settle(("a", 0), ("b", Limit));
        Assert.InRange(_held["b"].Connections, 900, Limit);
        Settle(("a", 100), ("b", Limit));
        Assert.InRange(_held["a"].Connections, 101, 200);
        Assert.InRange(_held["b"].Connections, 800, 899);
    }

    [Fact]
    public void ThoseWhoWantMoreThanThereIsHaveEvenShares()
    {
        Settle(("a", Limit), ("b", Limit), ("c", Limit));
        Assert.All(_held.Values, static share => Assert.InRange(share.Connections, 300, 334));
    }

    [Fact]
    public void WhoIsSilentForTheLeaseHasNoShare()
    {
        Settle(("a", Limit), ("b", Limit));
        Assert.InRange(Report("a", Limit, Lease - TimeSpan.FromSeconds(1)), 400, 600);
        Assert.Equal(Limit, Report("a", Limit, Lease + Lease));
        Assert.Equal(1, _shares.Count);
    }

    [Fact]
    public void OneThatBeginsAnewLearnsTheSharesFromThoseWhoHaveThem()
    {
        Settle(("a", Limit), ("b", Limit));
        var anew = new LimitShares(Lease);
        var a = anew.Report("a", new(500, 0, 0, 0), _held["a"], Limits, default);
        var b = anew.Report("b", new(500, 0, 0, 0), _held["b"], Limits, default);
        Assert.InRange(b.Connections, 1, Limit - a.Connections + 1);
        Assert.InRange(anew.Report("a", new(a.Connections, 0, 0, 0), a, Limits, default).Connections, 400, Limit);
    }

    [Fact]
    public void WhateverHappensTheSharesTogetherStayWithinTheLimitAndOneForEach()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var id = "g" + random.Next(6);
            Report(id, random.Next(4) == 0 ? Limit : random.Next(_held.GetValueOrDefault(id)?.Connections + 1 ?? 1));
            Assert.InRange(_held.Values.Sum(static share => (long)share.Connections), 1, Limit + _held.Count);
        }
    }

    private int Report(string id, long open, TimeSpan now = default)
    {
        var held = _held.GetValueOrDefault(id) ?? SubjectLimits.None;
        _held[id] = _shares.Report(id, new(held.Connections == 0 ? open : Math.Min(open, held.Connections), 0, 0, 0), held, Limits, new(now));
        return _held[id].Connections;
    }

    // Each wants so many, and has at most its share, for some rounds.
    private void Settle(params (string Id, long Wants)[] gateways)
    {
        for (var round = 0; round < 20; round++)
            foreach (var (id, wants) in gateways) Report(id, wants);
    }
}
