using Relay.Core;
using Relay.Core.Peers;

namespace Relay.Tests.Rules;

/// <summary>Which ends become a pipe, and who is interested in a document.</summary>
public class PeerPipeTests : IPeerPipePort<string>
{
    private readonly List<string> _effects = [];

    void IPeerPipePort<string>.Pair(string held, string arrived) => _effects.Add($"{held}+{arrived}");

    void IPeerPipePort<string>.Replaced(string older) => _effects.Add($"-{older}");

    [Fact]
    public void TheSecondPeerMeetsTheFirstAndTheNextWaitsForItsOwn()
    {
        var pipe = new PeerPipe<string>(false, this);
        pipe.Arrive("a1", false);
        pipe.Arrive("b1", true);
        Assert.True(pipe.IsEmpty);
        pipe.Arrive("a2", false);
        Assert.False(pipe.IsEmpty);
        pipe.Arrive("b2", true);
        Assert.Equal(["a1+b1", "a2+b2"], _effects);
    }

    [Fact]
    public void ANewerEndOfTheSamePeerTakesThePlaceOfTheOneThatWaits()
    {
        var pipe = new PeerPipe<string>(false, this);
        pipe.Arrive("a1", false);
        pipe.Arrive("a1", false);
        pipe.Arrive("a2", false);
        pipe.Leave("a1");
        pipe.Arrive("b1", true);
        Assert.Equal(["-a1", "a2+b1"], _effects);
    }

    [Fact]
    public void WhoLeavesIsNotWaitedWith()
    {
        var pipe = new PeerPipe<string>(false, this);
        pipe.Arrive("a1", false);
        pipe.Leave("a1");
        Assert.True(pipe.IsEmpty);
        pipe.Arrive("b1", true);
        Assert.Empty(_effects);
    }

    [Fact]
    public void APeerMayTalkWithItself()
    {
        var pipe = new PeerPipe<string>(true, this);
        pipe.Arrive("a1", false);
        pipe.Arrive("a2", false);
        Assert.Equal(["a1+a2"], _effects);
    }

    [Fact]
    public void APipeIsTheSameFromBothSidesWhateverIsInTheIds()
    {
        var tenant = new TenantId("acme");
        var (one, oneIsSecond) = PipeKey.Of(tenant, "b", "a:x", "doc");
        var (other, otherIsSecond) = PipeKey.Of(tenant, "a:x", "b", "doc");
        Assert.Equal((one, true, false), (other, oneIsSecond, otherIsSecond));
        Assert.Equal(one.ToActorKey(), other.ToActorKey());
        Assert.Equal(one, PipeKey.FromActorKey(one.ToActorKey()));
        Assert.Equal(tenant, ActorKeys.TenantOf(one.ToActorKey()));
        string[] parts = ["a", "a:b", "b:c", "c", "1:a", "/", "2:ab"];
        var keys = from a in parts from b in parts from c in parts select PipeKey.Of(tenant, a, b, c).Key;
        Assert.Equal(keys.Distinct().Count(), keys.Select(static key => key.ToActorKey()).Distinct().Count());
    }

    [Fact]
    public void ADocumentKnowsThePlacesOfItsPeersTheNewestLast()
    {
        var document = new Document<string>();
        Assert.Empty(document.Join("alice", "one"));
        document.Join("alice", "two");
        Assert.Equal([new("alice", "two")], document.Join("bob", "one"));
        document.Leave("alice", "two");
        document.Leave("alice", "three");
        Assert.Equal([new("alice", "one")], document.Join("bob", "one"));
        document.Leave("alice", "one");
        document.Leave("bob", "one");
        Assert.True(document.IsEmpty);
    }

    [Fact]
    public void AGatewaysRepetitionIsTheWholeTruthAboutIt()
    {
        var document = new Document<string>();
        document.Join("alice", "one");
        document.Join("bob", "one");
        document.Join("bob", "two");
        document.Sync("one", new HashSet<string> { "bob", "carol" });
        Assert.Equal([new("bob", "two"), new("carol", "one")], document.Join("dan", "two").OrderBy(static peer => peer.PeerId));
    }
}
