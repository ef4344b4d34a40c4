using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A user hub that is asked to end, refuses, ends, and begins anew.</summary>
public class UserHubCollectionTests
{
    private const int A = UserHubRig.A;
    private const int Z = UserHubRig.Z;

    private readonly UserHubRig _rig = new();

    [Fact]
    public void TheHubRefusesToEndWithClients()
    {
        _rig.Join("c1");
        _rig.Now += UserHubRig.Limits.InactivityTimeout * 2;
        _rig.Effects();
        _rig.Hub.Collect(1, _rig.Turn);
        Assert.Equal(["activity 1 of 1"], _rig.Effects());
    }

    [Fact]
    public void TheHubRefusesToEndWhenAJoinWasNotKnown()
    {
        Idle();
        _rig.Hub.Collect(0, _rig.Turn);
        Assert.Equal(["activity 0 of 1"], _rig.Effects());
    }

    [Fact]
    public void AMessageThatComesLateStartsNothingInAForgottenHub()
    {
        var connection = _rig.Join("c1");
        _rig.Hub.Abandon();
        _rig.Effects();
        _rig.Hub.Dispatch(connection, Messages.Of("z_x", "r1"), _rig.Turn);
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], true);
        Assert.DoesNotContain(_rig.Effects(), effect => effect.StartsWith("start", StringComparison.Ordinal) || effect.StartsWith("post", StringComparison.Ordinal));
    }

    [Fact]
    public void AHubThatIsStoppedEndsAtAnyTime()
    {
        _rig.Join("c1");
        _rig.Effects();
        _rig.Hub.Stop();
        Assert.Contains(_rig.Effects(), effect => effect.StartsWith("end", StringComparison.Ordinal));
    }

    [Fact]
    public void AHubThatIsStoppedRefusesJoinsAndMessagesAndStartsNothingMore()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        _rig.Hub.Stop();
        _rig.Effects();
        Assert.Equal(ErrorCode.GoingAway, _rig.Hub.Join(new RecordingConnection("c2"), _rig.Turn));
        _rig.Hub.Dispatch(connection, Messages.Of("a_x", "r1"), _rig.Turn);
        Assert.Contains("going_away", connection.Frames[^1]);
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
        Assert.Equal("ended 2 for good", _rig.Effects()[^1]);
        Assert.Equal(ErrorCode.GoingAway, _rig.Hub.Join(new RecordingConnection("c3"), _rig.Turn));
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void AHubThatHadEndedWithAJoinOnItsWayEndsForGoodWhenItIsStopped()
    {
        Idle();
        _rig.Hub.Collect(1, _rig.Turn);
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
        Assert.Equal("ended 1", _rig.Effects()[^1]);
        _rig.Hub.Stop();
        Assert.Equal(["ended 1 for good"], _rig.Effects());
        Assert.Equal(ErrorCode.GoingAway, _rig.Hub.Join(new RecordingConnection("c2"), _rig.Turn));
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void TheHubRefusesToEndBeforeItsTime()
    {
        Idle();
        _rig.Now -= TimeSpan.FromTicks(1);
        _rig.Hub.Collect(1, _rig.Turn);
        Assert.Equal(["activity 0 of 1"], _rig.Effects());
    }

    [Fact]
    public void TheHubEndsWhenItsPluginsHaveEnded()
    {
        Idle();
        _rig.Hub.SetGroup("g", true);
        _rig.Effects();
        _rig.Hub.Collect(1, _rig.Turn);
        Assert.Equal(["quit g", "end 0", "end 2"], _rig.Effects());
        Assert.Equal("ending", _rig.Hub.Describe(_rig.Turn).Phase);
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        Assert.Empty(_rig.Effects());
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
        Assert.Equal(["ended 1"], _rig.Effects());
    }

    [Fact]
    public void AHubWithoutPluginInstancesEndsAtOnce()
    {
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
        _rig.Effects();
        _rig.Now += UserHubRig.Limits.InactivityTimeout;
        _rig.Hub.Collect(0, _rig.Turn);
        Assert.Equal(["ended 0"], _rig.Effects());
    }

    [Fact]
    public void AJoinToAnEndingHubIsWelcomedAtOnceAndItsPluginsArePendingUntilTheOldOnesHaveEnded()
    {
        Idle();
        _rig.Hub.Collect(1, _rig.Turn);
        _rig.Effects();
        var connection = _rig.Join("c2");
        Assert.Contains("\"a_\":{\"status\":\"pending\"}", Assert.Single(connection.Frames));
        Assert.Contains("\"z_\":{\"status\":\"pending\"}", connection.Frames[0]);
        Assert.Equal(["activity 1 of 2"], _rig.Effects());
        _rig.Hub.Dispatch(connection, Messages.Of("a_x"), _rig.Turn);
        Assert.Equal(["post 0 a_x from c2"], _rig.Effects());
        _rig.Hub.PluginEnded(A, _rig.Started[A], true);
        Assert.Equal(["start 0"], _rig.Effects());
        _rig.Hub.PluginCrashed(Z, _rig.Started[Z], _rig.Turn);
        Assert.Equal(["start 2"], _rig.Effects());
        Assert.Equal(0, _rig.Hub.Describe(_rig.Turn).Plugins[Z].Crashes);
    }

    [Fact]
    public void AHubThatBeginsAnewForgetsFailures()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        for (var i = 0; i < 2; i++) _rig.Hub.PluginCrashed(A, _rig.Started[A], _rig.Turn);
        Assert.Equal("failed", _rig.Status(A));
        _rig.Hub.Leave(connection, _rig.Turn);
        _rig.Now += UserHubRig.Limits.InactivityTimeout;
        _rig.Hub.Collect(1, _rig.Turn);
        _rig.Join("c2");
        Assert.Equal("pending", _rig.Status(A));
    }

    [Fact]
    public void AnEndedHubThatGetsAJoinStartsItsPluginsAgain()
    {
        Idle();
        EndAll();
        _rig.Effects();
        _rig.Join("c2");
        Assert.Equal(["start 2", "resume 2", "activity 1 of 2"], _rig.Effects());
    }

    [Fact]
    public void APluginThatWasWantedAgainIsNotStartedWhenTheHubEndsAgain()
    {
        Idle();
        _rig.Hub.Collect(1, _rig.Turn);
        var connection = _rig.Join("c2");
        _rig.Hub.Leave(connection, _rig.Turn);
        _rig.Now += UserHubRig.Limits.InactivityTimeout;
        _rig.Hub.Collect(2, _rig.Turn);
        _rig.Effects();
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
        Assert.Equal(["ended 2"], _rig.Effects());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMessageThatWaitsInAnEndedHubStartsNoPlugin(bool ended)
    {
        Idle();
        _rig.Hub.Collect(1, _rig.Turn);
        _rig.Hub.PluginEnded(A, _rig.Started[A], true);
        if (ended) _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
        _rig.Effects();
        _rig.Hub.PluginWanted(A);
        Assert.Equal(["hand back 0"], _rig.Effects());
    }

    [Fact]
    public void AnEndingHubRevivesNoPlugin()
    {
        _rig.Join("c1");
        for (var i = 0; i < 2; i++) _rig.Hub.PluginCrashed(Z, _rig.Started[Z], _rig.Turn);
        _rig.Hub.Abandon();
        _rig.Effects();
        Assert.False(_rig.Hub.Revive("z_"));
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void AnEndingHubEntersNoGroup()
    {
        Idle();
        _rig.Hub.Collect(1, _rig.Turn);
        _rig.Effects();
        Assert.False(_rig.Hub.SetGroup("g", true));
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void AnAbandonedHubClosesItsConnectionsAndTakesNoMore()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        _rig.Hub.Abandon();
        Assert.Equal(["end 0", "end 2"], _rig.Effects());
        Assert.True(connection.Closing.IsCompleted);
        Assert.Equal(ErrorCode.HubCreationFailed, _rig.Hub.Join(new RecordingConnection("c2"), _rig.Turn));
        Assert.Equal(0, _rig.Hub.Push(new Frame("1"u8.ToArray())));
        _rig.Hub.PluginEnded(A, _rig.Started[A], true);
        _rig.Hub.PluginWanted(A);
        _rig.Hub.Leave(connection, _rig.Turn);
        Assert.Equal(["hand back 0", "hand back 0"], _rig.Effects());
    }

    // A hub whose plugins a_ and z_ run, whose one client has left, at the moment when it may end.
    private void Idle()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        _rig.Hub.PluginStarted(Z, _rig.Started[Z]);
        _rig.Hub.Leave(connection, _rig.Turn);
        _rig.Now += UserHubRig.Limits.InactivityTimeout;
        _rig.Effects();
    }

    private void EndAll()
    {
        _rig.Hub.Collect(1, _rig.Turn);
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        _rig.Hub.PluginEnded(Z, _rig.Started[Z], false);
    }
}
