using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>Connections of a user hub: the limit, the welcome, coming and going, pushes, groups.</summary>
public class UserHubTests
{
    private readonly UserHubRig _rig = new();

    [Fact]
    public void APluginThatStartsByItselfStartsWithTheHub() => Assert.Equal(["start 2"], _rig.Effects());

    [Fact]
    public void TheWelcomeTellsTheUserTheCountTheConnectionAndEveryPlugin()
    {
        _rig.Hub.PluginStarted(UserHubRig.Z, _rig.Started[UserHubRig.Z]);
        _rig.Join("c1");
        var second = _rig.Join("c2");
        Assert.Equal(
            """{"type":"welcome","user_id":"alice","client_count":2,"connection_id":"c2","plugins":{"a_":{"status":"pending"},"a_b_":{"status":"pending"},"z_":{"status":"running"}}}""",
            Assert.Single(second.Frames));
    }

    [Fact]
    public void TheLimitIsExactAndAPlaceThatIsLeftIsFree()
    {
        var first = _rig.Join("c1");
        _rig.Join("c2");
        _rig.Join("c3");
        var refused = new RecordingConnection("c4");
        _rig.Effects();
        Assert.Equal(ErrorCode.MaxConnectionsReached, _rig.Hub.Join(refused, _rig.Turn));
        Assert.Empty(refused.Frames);
        Assert.Equal(["activity 3 of 4"], _rig.Effects());
        _rig.Hub.Leave(first, _rig.Turn);
        _rig.Join("c5");
        Assert.Equal(3, _rig.Hub.ClientCount);
    }

    [Fact]
    public void PresenceIsToldOnZeroToOneAndOneToZeroToPluginsThatAreThere()
    {
        _rig.Effects();
        var first = _rig.Join("c1");
        Assert.Equal(["resume 2", "activity 1 of 1"], _rig.Effects());
        var second = _rig.Join("c2");
        Assert.Equal(["activity 2 of 2"], _rig.Effects());
        _rig.Hub.Leave(first, _rig.Turn);
        Assert.Equal(["left 2 c1", "activity 1 of 2"], _rig.Effects());
        _rig.Hub.Leave(second, _rig.Turn);
        Assert.Equal(["left 2 c2", "shutdown 2", "activity 0 of 2"], _rig.Effects());
    }

    [Fact]
    public void LeavingTwiceCountsOnce()
    {
        var first = _rig.Join("c1");
        _rig.Join("c2");
        _rig.Hub.Leave(first, _rig.Turn);
        _rig.Effects();
        _rig.Hub.Leave(first, _rig.Turn);
        Assert.Empty(_rig.Effects());
        Assert.Equal(1, _rig.Hub.ClientCount);
    }

    [Fact]
    public void APushGoesToAllToAllButOneOrToOne()
    {
        var first = _rig.Join("c1");
        var second = _rig.Join("c2");
        Assert.Equal(2, _rig.Hub.Push(new Frame("1"u8.ToArray())));
        Assert.Equal(1, _rig.Hub.Push(new Frame("2"u8.ToArray()), "c1"));
        Assert.True(_rig.Hub.PushTo("c1", new Frame("3"u8.ToArray())));
        Assert.False(_rig.Hub.PushTo("c9", new Frame("4"u8.ToArray())));
        Assert.Equal(["1", "3"], first.Frames.Skip(1));
        Assert.Equal(["1", "2"], second.Frames.Skip(1));
    }

    [Fact]
    public void AGroupIsEnteredOnceAndQuitOnce()
    {
        _rig.Effects();
        foreach (var member in (bool[])[true, true, false, false]) _rig.Hub.SetGroup("g", member);
        Assert.Equal(["enter g", "quit g"], _rig.Effects());
    }

    [Fact]
    public void TheDescriptionTellsWhatAnOperatorAsks()
    {
        _rig.Now = TimeSpan.FromSeconds(5);
        Assert.Equal(TimeSpan.FromSeconds(4), _rig.Hub.Describe(_rig.Turn).IdleFor);
        _rig.Join("c1");
        _rig.Hub.SetGroup("g", true);
        var hub = _rig.Hub.Describe(_rig.Turn);
        Assert.Equal(("alice", "active", TimeSpan.Zero), (hub.UserId, hub.Phase, hub.IdleFor));
        Assert.Equal(["c1"], hub.Connections);
        Assert.Equal(["g"], hub.Groups);
        Assert.Equal(["a_", "a_b_", "z_"], hub.Plugins.Select(plugin => plugin.Prefix));
    }
}
