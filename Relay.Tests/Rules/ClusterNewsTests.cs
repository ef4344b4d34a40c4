using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>What hubs and their directory tell each other when either may have been lost without the other.</summary>
public sealed class ClusterNewsTests : ICentralHubPort<string>
{
    private static readonly HubLimits Limits = UserHubRig.Limits;

    private readonly List<string> _effects = [];
    private readonly UserHubRig _rig = new();
    private readonly CentralHub<string> _central;
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public ClusterNewsTests() => _central = new(TenantId.Default, Limits, this);

    private Turn Turn => new(_now);

    [Fact]
    public void ADirectoryLearnsOfAHubThatWasThereBeforeIt()
    {
        _central.Reported("alice", "hub", 2, 7, Turn);
        Assert.Equal("hub", _central.Find("alice"));
        Assert.Equal((1, 2), (_central.Count, _central.Clients));
        Assert.Equal("hub", _central.Route("alice", Turn));
        _central.Reported("alice", "hub", 3, 8, Turn);
        Assert.Equal(3, _central.Clients);
    }

    [Fact]
    public void AHubThatItLearnedOfIsCollectedAndNewsOfItsIdlenessDoesNotMakeItYoung()
    {
        _central.Reported("alice", "hub", 0, 7, Turn);
        for (var i = 0; i < 3; i++)
        {
            _now += Limits.CollectionInterval;
            _central.Reported("alice", "hub", 0, 7, Turn);
            _central.Collect(Turn);
        }

        Assert.Equal("ask hub 7", Assert.Single(_effects));
    }

    [Fact]
    public void ARepeatedWordThatThereAreClientsKeepsTheHub()
    {
        for (var i = 0; i < 9; i++)
        {
            _central.Reported("alice", "hub", 1, 7, Turn);
            _now += Limits.InactivityTimeout;
            _central.Collect(Turn);
        }

        Assert.Empty(_effects);
    }

    [Fact]
    public void AHubThatWasRoutedToAndNeverHeardOfIsForgotten()
    {
        _central.Route("alice", Turn);
        _now += Limits.InactivityTimeout + TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        _now += (Limits.CancelTimeout * 2) + TimeSpan.FromTicks(1);
        _central.Collect(Turn);
        Assert.Equal(["ask hub of alice 1", "abandon hub of alice"], _effects);
        Assert.Equal(0, _central.Count);
    }

    [Fact]
    public void AConnectionThatIsRestoredIsCountedAndNotWelcomedAgain()
    {
        var connection = new RecordingConnection("c1");
        Assert.Null(_rig.Hub.Restore(connection, _rig.Turn));
        Assert.Null(_rig.Hub.Restore(connection, _rig.Turn));
        Assert.Equal(1, _rig.Hub.ClientCount);
        Assert.Empty(connection.Frames);
        Assert.Contains("resume 2", _rig.Effects());
        _rig.Run(UserHubRig.A, connection);
        _rig.Hub.Leave(connection, _rig.Turn);
        Assert.Equal(0, _rig.Hub.ClientCount);
    }

    [Fact]
    public void AConnectionWhosePlaceHasBeenTakenIsNotRestored()
    {
        for (var i = 0; i < Limits.MaxConnectionsPerUser; i++) _rig.Join($"c{i}");
        Assert.Equal(ErrorCode.MaxConnectionsReached, _rig.Hub.Restore(new RecordingConnection("late"), _rig.Turn));
        Assert.Equal(Limits.MaxConnectionsPerUser, _rig.Hub.ClientCount);
    }

    [Fact]
    public void AHubRepeatsItsClientsAndItsGroups()
    {
        _rig.Join("c1");
        _rig.Hub.SetGroup("g", true);
        _rig.Hub.SetGroup("h", true);
        _rig.Hub.SetGroup("h", false);
        _rig.Effects();
        _rig.Hub.Repeat();
        Assert.Equal(["activity 1 of 1", "enter g"], _rig.Effects());
    }

    [Fact]
    public void AllGroupsOfAUserTakeThePlaceOfThoseThatWereKnown()
    {
        var hub = _central.Route("alice", Turn)!;
        _central.Group("alice", hub, "left", member: true);
        _central.Group("alice", hub, "kept", member: true);
        _central.Groups("alice", hub, ["kept", "new"]);
        Assert.Empty(_central.Members("left"));
        Assert.Equal([hub], _central.Members("kept"));
        Assert.Equal([hub], _central.Members("new"));
        _central.Groups("alice", "another hub", []);
        Assert.Equal([hub], _central.Members("new"));
    }

    [Fact]
    public void AHubThatEndsRepeatsNothing()
    {
        _rig.Hub.Stop();
        _rig.Effects();
        _rig.Hub.Repeat();
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void AnAbandonedHubThatIsStoppedSaysSo()
    {
        _rig.Hub.Abandon();
        _rig.Effects();
        _rig.Hub.Stop();
        Assert.Equal(["ended 0 for good"], _rig.Effects());
    }

    string ICentralHubPort<string>.CreateHub(UserKey user) => $"hub of {user.UserId}";

    void ICentralHubPort<string>.AskToEnd(string hub, long joins) => _effects.Add($"ask {hub} {joins}");

    void ICentralHubPort<string>.Stop(string hub) => _effects.Add($"stop {hub}");

    void ICentralHubPort<string>.Stopped() => _effects.Add("stopped");

    void ICentralHubPort<string>.Abandon(string hub) => _effects.Add($"abandon {hub}");
}
