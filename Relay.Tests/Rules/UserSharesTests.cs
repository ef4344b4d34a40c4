using Relay.Core;
using Relay.Core.Limits;

namespace Relay.Tests.Rules;

/// <summary>A user's limits at several gateways: never exceeded, and all of them for one that is alone.</summary>
public class UserSharesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private readonly UserShares _shares = new(7, Lease);
    private TimeSpan _now = TimeSpan.FromSeconds(100);
    private long _number;

    [Fact]
    public void OneGatewayHasAllOfTheSocketsAndTwoHaveNoMoreTogether()
    {
        var limits = new SubjectLimits(Connections: 5);
        Assert.Equal(5, Ask("a", limits, new(0, 0, 0), opens: 9).Opens);
        Assert.Equal(0, Ask("b", limits, new(0, 0, 0), opens: 1).Opens);
        Ask("a", limits, new(3, 0, 0));
        Assert.Equal(2, Ask("b", limits, new(0, 0, 0), opens: 9).Opens);
        Assert.Equal(5, Ask("b", limits, new(0, 0, 0), opens: 9, user: "another").Opens);
    }

    [Fact]
    public void WhatWasGrantedAndDidNotArriveIsFreeWithTheNextReport()
    {
        var limits = new SubjectLimits(Connections: 2);
        Assert.Equal(2, Ask("a", limits, new(0, 0, 0), opens: 2).Opens);
        Assert.Equal(2, Ask("a", limits, new(0, 0, 0), opens: 2).Opens);
        Assert.Null(_shares.Report("a", _number - 1, [], new(_now)));
        Assert.Equal(0, Ask("b", limits, new(0, 0, 0), opens: 1).Opens);
    }

    [Fact]
    public void ASilentGatewayHasNothingAndIsUnknownWhenItIsBack()
    {
        var limits = new SubjectLimits(Connections: 2);
        Ask("a", limits, new(0, 0, 0), opens: 2);
        for (var i = 0; i < 2; i++)
        {
            _now += Lease / 3;
            Assert.Equal(0, Ask("b", limits, new(0, 0, 0), opens: 2).Opens);
        }

        _now += Lease / 3;
        Assert.Equal(2, Ask("b", limits, new(0, 0, 0), opens: 2).Opens);
        Assert.True(_shares.Report("a", ++_number, [], new(_now))!.IsUnknown);
        Assert.False(_shares.Report("a", ++_number, [], new(_now))!.IsUnknown);
    }

    [Fact]
    public void WhereNobodyIsHeardNobodyIsTakenForSilent()
    {
        var limits = new SubjectLimits(Connections: 2);
        Ask("a", limits, new(0, 0, 0), opens: 2);
        _now += TimeSpan.FromMinutes(1);
        Assert.Equal(0, Ask("b", limits, new(0, 0, 0), opens: 2).Opens);
        Assert.False(_shares.Report("a", ++_number, [], new(_now))!.IsUnknown);
    }

    [Fact]
    public void WhoeverBeginsAnewKnowsWhatTheGatewaysHaveAndDoesNotTakeWhatWasReportedBefore()
    {
        _shares.Restore("a", new(40, [("alice", new(2, 3, 0))]), new(_now));
        var limits = new SubjectLimits(Connections: 3, MessagesPerSecond: 10);
        Assert.Null(_shares.Report("a", 40, [], new(_now)));
        var grant = Ask("b", limits, new(0, 0, 0), opens: 5, messages: 100);
        Assert.Equal((1, 7), (grant.Opens, grant.Messages));
    }

    [Fact]
    public void TokensThatAreLentAndTokensThatAreHereAreNeverMoreThanASecondsWorth()
    {
        var limits = new SubjectLimits(MessagesPerSecond: 100);
        Assert.Equal(25, Ask("a", limits, new(0, 0, 0), messages: 25).Messages);
        _now += TimeSpan.FromMinutes(1);
        Assert.Equal(75, Ask("b", limits, new(0, 0, 0), messages: 100).Messages);
        var none = Ask("b", limits, new(0, 75, 0), messages: 25);
        Assert.Equal((0, true), (none.Messages, none.MessagesAfter > TimeSpan.Zero));
        Assert.Equal(0, Ask("a", limits, new(0, 0, 0)).Messages);
        _now += TimeSpan.FromSeconds(0.1);
        Assert.Equal(10, Ask("b", limits, new(0, 75, 0), messages: 25).Messages);
    }

    [Fact]
    public void RequestsHaveOneRateWhereverTheyCome()
    {
        var limits = new SubjectLimits(ConnectsPerSecond: 3);
        Assert.Equal(2, Ask("a", limits, new(0, 0, 0), connects: 2).Connects);
        var grant = Ask("b", limits, new(0, 0, 0), connects: 2);
        Assert.Equal((1, true), (grant.Connects, grant.ConnectsAfter > TimeSpan.Zero));
        _now += grant.ConnectsAfter;
        Assert.Equal(1, Ask("a", limits, new(0, 0, 0), connects: 2).Connects);
    }

    [Fact]
    public void UsersWhoHaveNothingAreForgotten()
    {
        var limits = new SubjectLimits(Connections: 1, ConnectsPerSecond: 1, MessagesPerSecond: 4, BytesPerSecond: 4);
        for (var i = 0; i < 1000; i++) Ask("a", limits, new(0, 0, 0), connects: 1, messages: 1, user: $"u{i}");
        for (var i = 1; i < 1000; i++) Ask("a", limits, new(0, 0, 0), user: $"u{i}");
        _now += Lease - TimeSpan.FromSeconds(1);
        Ask("a", limits, new(1, 0, 0), user: "u0");
        _now += TimeSpan.FromSeconds(2);
        Ask("a", limits, new(1, 0, 0), user: "u0");
        Assert.Equal(1, _shares.Users);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void WhateverIsLostNothingIsEverExceeded(int seed)
    {
        const int Places = 7;
        const int Rate = 40;
        var limits = new SubjectLimits(Connections: Places, MessagesPerSecond: Rate);
        var random = new Random(seed);
        var gateways = Enumerable.Range(0, 3).Select(static i => new FakeGateway($"g{i}")).ToList();
        var owner = new UserShares(1, Lease);
        var (now, level, most) = (TimeSpan.FromSeconds(5), (double)Rate, 0);
        for (var i = 0; i < 50_000; i++)
        {
            var step = TimeSpan.FromMilliseconds(random.Next(20));
            now += step;
            level = Math.Min(Rate, level + (step.TotalSeconds * Rate));
            var one = gateways[random.Next(gateways.Count)];
            switch (random.Next(20))
            {
                case 0:
                    // Lost, with its sockets; another one comes instead, and the lease ends.
                    gateways[gateways.IndexOf(one)] = new($"g{i + 10}");
                    now += Lease;
                    level = Rate;
                    foreach (var other in gateways) other.Report(owner, limits, new(now), random, arrives: true);
                    break;
                case 1:
                    // The owner is lost. The next one lets a second pass.
                    owner = new(owner.Life + 1, Lease);
                    now += TimeSpan.FromSeconds(1);
                    level = Rate;
                    foreach (var other in gateways) owner.Restore(other.Id, new(other.Number, [("alice", new(other.Open, other.Tokens, 0))]), new(now));
                    break;
                case < 6:
                    one.Open = Math.Max(0, one.Open - 1);
                    break;
                case < 12:
                    one.Report(owner, limits, new(now), random, arrives: random.Next(4) != 0);
                    break;
                default:
                    if (one.Tokens == 0) break;
                    one.Tokens--;
                    level--;
                    break;
            }

            most = Math.Max(most, gateways.Sum(static each => each.Open));
            Assert.InRange(gateways.Sum(static each => each.Open), 0, Places);
            Assert.True(level > -1e-6, $"After {i} turns {-level} messages too many.");
        }

        Assert.Equal(Places, most);
    }

    private UserGrant Ask(string gateway, SubjectLimits limits, UserHolding held, int opens = 0, int connects = 0, long messages = 0, string user = "alice") =>
        _shares.Report(gateway, ++_number, [new(user, limits, held, opens, connects, messages, 0)], new(_now))!.Grants[0];

    private sealed class FakeGateway(string id)
    {
        public string Id => id;

        public long Number { get; private set; }

        public int Open { get; set; }

        public long Tokens { get; set; }

        public void Report(UserShares owner, SubjectLimits limits, Turn turn, Random random, bool arrives)
        {
            var grants = owner.Report(id, ++Number, [new("alice", limits, new(Open, Tokens, 0), random.Next(4), 0, random.Next(15), 0)], turn);
            if (!arrives) return;
            Open += grants!.Grants[0].Opens;
            Tokens += grants.Grants[0].Messages;
        }
    }
}
