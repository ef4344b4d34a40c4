using Relay.Core;
using Relay.Core.Hubs;

namespace Relay.Tests.Rules;

/// <summary>The directory of user hubs.</summary>
public class CentralHubTests : ICentralHubPort<CentralHubTests.FakeHub>
{
    private static readonly HubLimits Limits = new(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 3);

    private readonly List<string> _effects = [];
    private readonly CentralHub<FakeHub> _central;
    private TimeSpan _now = TimeSpan.FromSeconds(1);
    private bool _canMake = true;
    private int _made;

    public CentralHubTests() => _central = new(TenantId.Default, Limits, this);

    private Turn Turn => new(_now);

    [Fact]
    public void AUserHasOneHubAndAnotherUserAnother()
    {
        var alice = _central.Route("alice", Turn);
        Assert.Same(alice, _central.Route("alice", Turn));
        Assert.NotSame(alice, _central.Route("Alice", Turn));
        Assert.Same(alice, _central.Find("alice"));
        Assert.Null(_central.Find("bob"));
        Assert.Equal(2, _central.Count);
    }

    [Fact]
    public void BeyondMaxUserHubsNoHubIsMadeButKnownOnesAreFound()
    {
        foreach (var user in (string[])["a", "b", "c"]) Assert.NotNull(_central.Route(user, Turn));
        Assert.Null(_central.Route("d", Turn));
        Assert.NotNull(_central.Route("a", Turn));
        Assert.Equal(3, _central.Count);
    }

    [Fact]
    public void AHubThatCannotBeMadeLeavesNoTrace()
    {
        _canMake = false;
        Assert.Null(_central.Route("alice", Turn));
        Assert.Equal(0, _central.Count);
        _canMake = true;
        Assert.NotNull(_central.Route("alice", Turn));
    }

    [Fact]
    public void AHubIsAskedToEndOnlyAfterTheTimeoutAndOnce()
    {
        Idle("alice");
        _now += Limits.InactivityTimeout;
        _central.Collect(Turn);
        Assert.Empty(_effects);
        _now += TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        _central.Collect(Turn);
        Assert.Equal(["ask alice#1 1"], _effects);
    }

    [Fact]
    public void AHubWithClientsOrWithAJoinOnItsWayIsNotAsked()
    {
        var alice = _central.Route("alice", Turn)!;
        _central.Activity("alice", alice, 1, 1, Turn);
        Idle("bob");
        _central.Route("bob", Turn);
        _now += Limits.InactivityTimeout * 3;
        _central.Collect(Turn);
        Assert.Empty(_effects);
        Assert.Equal(1, _central.Clients);
    }

    [Fact]
    public void AHubThatRefusesStaysAndItsTimeBeginsAnew()
    {
        var alice = Idle("alice");
        Ask();
        _central.Activity("alice", alice, 0, 1, Turn);
        _now += Limits.InactivityTimeout;
        _central.Collect(Turn);
        Assert.Empty(_effects);
        _now += TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        Assert.Equal(["ask alice#1 1"], _effects);
    }

    [Fact]
    public void AHubThatHasEndedIsRemovedAndTheNextJoinMakesAnother()
    {
        var alice = Idle("alice");
        Ask();
        Assert.True(_central.Ended("alice", alice, 1));
        Assert.Equal(0, _central.Count);
        Assert.Equal("alice#2", _central.Route("alice", Turn)!.Name);
    }

    [Fact]
    public void AHubThatEndedWithAJoinOnItsWayStaysForIt()
    {
        var alice = Idle("alice");
        Ask();
        Assert.Same(alice, _central.Route("alice", Turn));
        Assert.False(_central.Ended("alice", alice, 1));
        _central.Activity("alice", alice, 1, 2, Turn);
        Assert.Same(alice, _central.Find("alice"));
        _now += Limits.InactivityTimeout * 3;
        _central.Collect(Turn);
        Assert.Empty(_effects);
    }

    [Fact]
    public void AHubThatIsNotHeardOfForTwiceTheCancelTimeoutIsForgotten()
    {
        Idle("alice");
        Ask();
        _now += Limits.CancelTimeout * 2;
        _central.Collect(Turn);
        Assert.Empty(_effects);
        _now += TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        Assert.Equal(["abandon alice#1"], _effects);
        Assert.Equal(0, _central.Count);
    }

    [Fact]
    public void LateNewsOfAForgottenHubDoesNotTouchItsSuccessor()
    {
        var old = Idle("alice");
        _central.Group("alice", old, "g", true);
        Ask();
        _now += (Limits.CancelTimeout * 2) + TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        Assert.Empty(_central.Members("g"));
        var hub = _central.Route("alice", Turn)!;
        _central.Activity("alice", hub, 1, 1, Turn);
        _central.Group("alice", hub, "g", true);
        Assert.False(_central.Ended("alice", old, 1));
        _central.Activity("alice", old, 0, 1, Turn);
        _central.Group("alice", old, "g", false);
        Assert.Same(hub, _central.Find("alice"));
        Assert.Equal(1, _central.Clients);
        Assert.Equal([hub], _central.Members("g"));
    }

    [Fact]
    public void AGroupHasMembersUntilTheyLeaveOrTheirHubsAreGone()
    {
        var alice = Idle("alice");
        var bob = Idle("bob");
        _central.Group("alice", alice, "g", true);
        _central.Group("bob", bob, "g", true);
        Assert.Equal([alice, bob], _central.Members("g"));
        _central.Group("bob", bob, "g", false);
        _central.Group("bob", bob, "g", false);
        Assert.Equal([alice], _central.Members("g"));
        _central.Ended("alice", alice, 1);
        Assert.Empty(_central.Members("g"));
        Assert.Empty(_central.Members("nobody's"));
    }

    [Fact]
    public void PagesGoThroughAllHubsInTheOrderOfTheirUsers()
    {
        foreach (var user in (string[])["b", "a", "B"]) _central.Route(user, Turn);
        Assert.Equal(["B#1", "a#1"], _central.Page(null, 2).Select(hub => hub.Name.Replace("#2", "#1").Replace("#3", "#1")));
        Assert.Equal(["b"], _central.Page("a", 2).Select(hub => hub.Name[..1]));
        Assert.Empty(_central.Page("b", 2));
        Assert.Empty(_central.Page(null, 0));
    }

    [Fact]
    public void AStopEndsEveryHubMakesNoneAndTellsWhenNoneIsLeft()
    {
        var alice = _central.Route("alice", Turn)!;
        _central.Stop();
        Assert.Null(_central.Route("bob", Turn));
        Assert.Equal(["stop alice#1"], _effects);
        _central.Ended("alice", alice, 1);
        Assert.Equal(["stop alice#1", "stopped"], _effects);
    }

    [Fact]
    public void AStopWithoutHubsIsDoneAtOnce()
    {
        _central.Stop();
        Assert.Equal(["stopped"], _effects);
    }

    [Fact]
    public void ClientsAreTheSumOfWhatHubsReportedLast()
    {
        var alice = _central.Route("alice", Turn)!;
        var bob = _central.Route("bob", Turn)!;
        _central.Activity("alice", alice, 2, 1, Turn);
        _central.Activity("bob", bob, 3, 1, Turn);
        _central.Activity("alice", alice, 1, 1, Turn);
        Assert.Equal(4, _central.Clients);
        _central.Ended("bob", bob, 1);
        Assert.Equal(1, _central.Clients);
    }

    [Fact]
    public void StoppingEndsEveryHubMakesNoneAndTellsWhenTheLastIsGone()
    {
        var (alice, bob) = (_central.Route("alice", Turn)!, _central.Route("bob", Turn)!);
        _central.Stop();
        Assert.Equal(["stop alice#1", "stop bob#2"], _effects);
        Assert.Null(_central.Route("carol", Turn));
        _central.Ended("alice", alice, 1);
        Assert.Equal(2, _effects.Count);
        _central.Ended("bob", bob, 1);
        Assert.Equal("stopped", _effects[^1]);
    }

    [Fact]
    public void AHubThatEndsForGoodIsGoneWhateverJoinsWereRouted()
    {
        var alice = _central.Route("alice", Turn)!;
        _central.Stop();
        Assert.Same(alice, _central.Route("alice", Turn));
        Assert.False(_central.Ended("alice", alice, 1));
        Assert.True(_central.Ended("alice", alice, 1, forGood: true));
        Assert.Equal(["stop alice#1", "stopped"], _effects);
        Assert.True(_central.IsStopping);
    }

    [Fact]
    public void StoppingWithoutHubsIsDoneAtOnce()
    {
        _central.Stop();
        Assert.Equal(["stopped"], _effects);
    }

    FakeHub ICentralHubPort<FakeHub>.CreateHub(UserKey user) => _canMake ? new FakeHub($"{user.UserId}#{++_made}") : null!;

    void ICentralHubPort<FakeHub>.AskToEnd(FakeHub hub, long joins) => _effects.Add($"ask {hub.Name} {joins}");

    void ICentralHubPort<FakeHub>.Stop(FakeHub hub) => _effects.Add($"stop {hub.Name}");

    void ICentralHubPort<FakeHub>.Stopped() => _effects.Add("stopped");

    void ICentralHubPort<FakeHub>.Abandon(FakeHub hub) => _effects.Add($"abandon {hub.Name}");

    private FakeHub Idle(string user)
    {
        var hub = _central.Route(user, Turn)!;
        _central.Activity(user, hub, 1, 1, Turn);
        _central.Activity(user, hub, 0, 1, Turn);
        return hub;
    }

    private void Ask()
    {
        _now += Limits.InactivityTimeout + TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        Assert.Single(_effects);
        _effects.Clear();
    }

    public sealed record FakeHub(string Name);
}
