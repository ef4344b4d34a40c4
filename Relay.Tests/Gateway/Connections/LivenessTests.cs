using Relay.Gateway.Connections;
using static Relay.Gateway.Connections.Liveness.Verdict;

namespace Relay.Tests.Gateway.Connections;

public sealed class LivenessTests
{
    private static readonly ConnectionLimits Limits = new(
        new(1, 1), 1, TimeSpan.FromSeconds(5), PingInterval: TimeSpan.FromSeconds(30), PingTimeout: TimeSpan.FromSeconds(20));

    private Liveness _clock;

    [Fact]
    public void ASilentPeerIsPingedOnceAndDeadAfterTheTimeout()
    {
        Assert.Equal(Alive, Look(0));
        Assert.Equal(Alive, Look(29.9));
        Assert.Equal(Ping, Look(30));
        Assert.Equal(Alive, Look(40));
        Assert.Equal(Alive, Look(49.9));
        Assert.Equal(Dead, Look(50));
    }

    [Fact]
    public void ASignOfLifeStartsTheIntervalAnewAndPingsGoOn()
    {
        Look(0);
        for (var second = 30; second <= 3000; second += 40)
        {
            Assert.Equal(Ping, Look(second));
            Assert.Equal(Alive, Look(second + 10, heard: true));
        }
    }

    [Fact]
    public void SignsOfLifeWithinTheIntervalNeedNoPing()
    {
        Look(0);
        for (var second = 29; second <= 3000; second += 29) Assert.Equal(Alive, Look(second, heard: true));
    }

    [Fact]
    public void TheFirstLookIsNoSilence() => Assert.Equal(Alive, Look(1_000_000));

    [Fact]
    public void ASweepThatComesLateStillPingsBeforeItGivesUp()
    {
        Look(0);
        Assert.Equal(Ping, Look(500));
        Assert.Equal(Dead, Look(520));
    }

    [Fact]
    public void APeerThatTakesWhatIsQueuedBeforeThePingHasTheWholeTimeoutAgain()
    {
        Look(0);
        Assert.Equal(Ping, Look(30));
        for (var second = 49; second <= 1000; second += 19) Assert.Equal(Alive, Look(second, taking: true));
        Assert.Equal(Alive, Look(999 + 19.9));
        Assert.Equal(Dead, Look(999 + 20));
    }

    [Fact]
    public void TakingIsNoAnswerToThePing()
    {
        Look(0);
        Assert.False(_clock.AwaitsPong);
        Look(30);
        Look(40, taking: true);
        Assert.True(_clock.AwaitsPong);
        Look(50, heard: true);
        Assert.False(_clock.AwaitsPong);
    }

    [Fact]
    public void WhoHasMuchToReadBeforeThePingIsGivenTheTimeForIt()
    {
        const long Unread = 160 * 16 * 1024;
        Look(0);
        Assert.Equal(Ping, Look(30));
        Assert.Equal(Alive, Look(30 + 20 + 159.9, unread: Unread));
        Assert.Equal(Dead, Look(30 + 20 + 160, unread: Unread));
    }

    private Liveness.Verdict Look(double second, bool heard = false, bool taking = false, long unread = 0) =>
        _clock.Look(TimeSpan.FromSeconds(second), heard, taking, unread, Limits);
}
