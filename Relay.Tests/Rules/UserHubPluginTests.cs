using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A user hub and its plugins: which one takes a message, and what becomes of one that crashes or ends.</summary>
public class UserHubPluginTests
{
    private const int A = UserHubRig.A;

    private readonly UserHubRig _rig = new();

    [Fact]
    public void TheFirstMessageStartsThePluginAndWaitsInItsInbox()
    {
        var connection = _rig.Join("c1");
        _rig.Effects();
        _rig.Hub.Dispatch(connection, Messages.Of("a_x"), _rig.Turn);
        _rig.Hub.Dispatch(connection, Messages.Of("a_y"), _rig.Turn);
        Assert.Equal(["start 0", "post 0 a_x from c1", "post 0 a_y from c1"], _rig.Effects());
    }

    [Theory]
    [InlineData("a_x", "a_x")]
    [InlineData(@"\u0061_x", "a_x")]
    [InlineData(@"a\u005fx", "a_x")]
    [InlineData("a_", "a_")]
    [InlineData("a_b", "a_b")]
    public void ATypeFindsItsPluginAlsoWrittenWithEscapes(string type, string text)
    {
        var connection = _rig.Join("c1");
        _rig.Effects();
        _rig.Hub.Dispatch(connection, Messages.Of(type), _rig.Turn);
        Assert.Equal(["start 0", $"post 0 {text} from c1"], _rig.Effects());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("A_x")]
    [InlineData("b_")]
    [InlineData(@"\ud800a_x")]
    [InlineData(@"a_x\ud800")]
    public void ATypeWithoutAPluginIsToldSoWithItsRequest(string type)
    {
        var connection = _rig.Join("c1");
        _rig.Effects();
        var message = Messages.Of(type, "r1");
        _rig.Hub.Dispatch(connection, message, _rig.Turn);
        Assert.Empty(_rig.Effects());
        Assert.Contains("\"error\":\"plugin_not_found\"", connection.Frames[1]);
        Assert.EndsWith(",\"request_id\":\"r1\"}", connection.Frames[1]);
        Assert.Equal(message.Credit, connection.Returned);
    }

    [Fact]
    public void AVeryLongTypeIsNotSentBack()
    {
        var connection = _rig.Join("c1");
        _rig.Hub.Dispatch(connection, Messages.Of(new string('x', 5000)), _rig.Turn);
        Assert.True(connection.Frames[1].Length < 300);
    }

    [Fact]
    public void TheLongestPrefixWinsAndAsksForItsScopeWithEachMessage()
    {
        var without = _rig.Join("c1");
        var with = _rig.Join("c2", "b:use");
        _rig.Effects();
        _rig.Hub.Dispatch(without, Messages.Of("a_b_x", "r1"), _rig.Turn);
        Assert.Empty(_rig.Effects());
        Assert.Contains("\"error\":\"forbidden\"", without.Frames[^1]);
        Assert.Contains("\"request_id\":\"r1\"", without.Frames[^1]);
        _rig.Hub.Dispatch(with, Messages.Of("a_b_x"), _rig.Turn);
        Assert.Equal(["start 1", "post 1 a_b_x from c2"], _rig.Effects());
    }

    [Fact]
    public void ChangesOfStateArePushed()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        Assert.Equal("""{"type":"plugin_status","plugin":"a_","status":"running"}""", connection.Frames[^1]);
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        Assert.Equal("""{"type":"plugin_status","plugin":"a_","status":"stopped"}""", connection.Frames[^1]);
        Assert.Equal(3, connection.Frames.Count);
    }

    [Fact]
    public void ACrashWhileStartingChangesNoStateAndIsNotPushed()
    {
        var connection = _rig.Join("c1");
        _rig.Hub.Dispatch(connection, Messages.Of("a_x"), _rig.Turn);
        _rig.Effects();
        _rig.Hub.PluginCrashed(A, _rig.Started[A], _rig.Turn);
        Assert.Equal(["start 0"], _rig.Effects());
        Assert.Single(connection.Frames);
    }

    [Fact]
    public void TheFirstCrashRestartsAndTheSecondFails()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        _rig.Hub.PluginCrashed(A, _rig.Started[A], _rig.Turn);
        Assert.Equal(["0 Pending", "start 0"], _rig.Effects());
        _rig.Hub.PluginStarted(A, _rig.Started[A]);
        _rig.Hub.PluginCrashed(A, _rig.Started[A], _rig.Turn);
        Assert.Equal(["0 Running", "fail 0", "0 Failed"], _rig.Effects());
        _rig.Hub.Dispatch(connection, Messages.Of("a_x", "r1"), _rig.Turn);
        Assert.Empty(_rig.Effects());
        Assert.Contains("\"error\":\"plugin_failed\"", connection.Frames[^1]);
        Assert.Equal(2, _rig.Hub.Describe(_rig.Turn).Plugins[A].Crashes);
    }

    [Fact]
    public void NewsOfAnEarlierInstanceIsIgnored()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        var old = _rig.Started[A];
        _rig.Hub.PluginCrashed(A, old, _rig.Turn);
        _rig.Effects();
        _rig.Hub.PluginCrashed(A, old, _rig.Turn);
        _rig.Hub.PluginEnded(A, old, true);
        _rig.Hub.PluginStarted(A, old);
        Assert.Empty(_rig.Effects());
        Assert.Equal("pending", _rig.Status(A));
    }

    [Fact]
    public void APluginThatEndedByItselfIsStartedByTheNextMessageAndThatIsNoCrash()
    {
        var connection = _rig.Join("c1");
        for (var i = 0; i < 5; i++)
        {
            _rig.Run(A, connection);
            _rig.Hub.PluginEnded(A, _rig.Started[A], false);
            Assert.Equal(["0 Stopped"], _rig.Effects());
        }

        Assert.Equal(0, _rig.Hub.Describe(_rig.Turn).Plugins[A].Crashes);
    }

    [Fact]
    public void APluginThatEndedWhileMessagesWaitStartsAgainAtOnce()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        _rig.Hub.PluginEnded(A, _rig.Started[A], true);
        Assert.Equal(["0 Stopped", "0 Pending", "start 0"], _rig.Effects());
    }

    [Fact]
    public void AMessageThatOvertookTheNewsOfTheEndStartsThePlugin()
    {
        var connection = _rig.Join("c1");
        _rig.Run(A, connection);
        _rig.Hub.PluginEnded(A, _rig.Started[A], false);
        _rig.Effects();
        _rig.Hub.PluginWanted(A);
        Assert.Equal(["0 Pending", "start 0"], _rig.Effects());
        _rig.Hub.PluginWanted(A);
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void RevivingGivesAFailedPluginAnotherLifeAndNothingElse()
    {
        var connection = _rig.Join("c1");
        Assert.False(_rig.Hub.Revive("a_"));
        Assert.False(_rig.Hub.Revive("nobody_"));
        _rig.Run(A, connection);
        _rig.Hub.PluginCrashed(A, _rig.Started[A], _rig.Turn);
        _rig.Hub.PluginCrashed(A, _rig.Started[A], _rig.Turn);
        _rig.Effects();
        Assert.True(_rig.Hub.Revive("a_"));
        Assert.Equal(["0 Pending"], _rig.Effects());
        Assert.Equal(0, _rig.Hub.Describe(_rig.Turn).Plugins[A].Crashes);
        _rig.Run(A, connection);
        Assert.Equal("running", _rig.Status(A));
        _rig.Hub.PluginCrashed(UserHubRig.Z, _rig.Started[UserHubRig.Z], _rig.Turn);
        _rig.Hub.PluginCrashed(UserHubRig.Z, _rig.Started[UserHubRig.Z], _rig.Turn);
        _rig.Effects();
        Assert.True(_rig.Hub.Revive("z_"));
        Assert.Equal(["2 Pending", "start 2"], _rig.Effects());
    }

    [Fact]
    public void ARestartWindowForgivesACrashThatIsLongAgo()
    {
        var rig = new UserHubRig(TimeSpan.FromMinutes(1));
        rig.Run(A, rig.Join("c1"));
        for (var i = 0; i < 3; i++)
        {
            rig.Hub.PluginCrashed(A, rig.Started[A], rig.Turn);
            rig.Now += TimeSpan.FromSeconds(61);
        }

        rig.Hub.PluginCrashed(A, rig.Started[A], rig.Turn);
        Assert.Equal("pending", rig.Status(A));
        rig.Now += TimeSpan.FromSeconds(60);
        rig.Hub.PluginCrashed(A, rig.Started[A], rig.Turn);
        Assert.Equal("failed", rig.Status(A));
    }
}
