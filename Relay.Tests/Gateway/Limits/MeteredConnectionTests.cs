using System.Text;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Connections;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Limits;

/// <summary>A connection at the limits of its user and tenant: what is refused, what waits, and what is counted.</summary>
public sealed class MeteredConnectionTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly HandSocket _socket = new();
    private readonly ConnectionRig.RecordingLink _link = new();
    private readonly LimitTable _table;
    private RelayLimitsOptions _limits = new();

    public MeteredConnectionTests() => _table = new(_time, _limits.Address, _ => _limits);

    public void Dispose() => _table.Dispose();

    [Fact]
    public async Task MessagesOfAHubBeyondTheRateAreAnsweredAndNotHandled()
    {
        _limits = new() { TenantMessagesPerSecond = 3 };
        var (connection, run) = Open();
        for (var i = 0; i < 5; i++) Say(i);

        Assert.Equal(3, _link.Sent.Count);
        Assert.Equal(["\"3\"", "\"4\""], _socket.Texts.Select(static text => text[(text.IndexOf("request_id", StringComparison.Ordinal) + 12)..^1]));
        Assert.All(_socket.Texts, static text => Assert.Contains("\"error\":\"rate_limited\"", text, StringComparison.Ordinal));
        Assert.Equal(2, _table.Counters.Refused(LimitKind.TenantMessages));
        _time.Advance(TimeSpan.FromSeconds(1));
        Say(6);
        Assert.Equal(4, _link.Sent.Count);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task WhoGoesOnForFiveSecondsWorthIsClosedAndOnlyWhoDoes()
    {
        _limits = new() { TenantMessagesPerSecond = 2 };
        var (flooder, run) = Open();
        for (var i = 0; i < 12; i++) Say(i);
        Assert.False(flooder.IsClosed);
        Say(12);
        Assert.True(flooder.IsClosed);
        Assert.Equal(CloseReason.RateLimited, flooder.Reason);
        await EndAsync(flooder, run);
        Assert.False(_table.Open(new("default"), "bob").Meter!.Persists);
    }

    [Fact]
    public async Task AUserThatGoesOnIsClosedHoweverMuchItsTenantMay()
    {
        _limits = new() { UserMessagesPerSecond = 2, TenantMessagesPerSecond = 10_000 };
        var (flooder, run) = Open();
        for (var i = 0; i < 13; i++) Say(i);
        Assert.Equal(CloseReason.RateLimited, flooder.Reason);
        await EndAsync(flooder, run);
    }

    [Fact]
    public async Task WhoHasRestedSinceMayBurstAgain()
    {
        _limits = new() { UserMessagesPerSecond = 2 };
        var (connection, run) = Open();
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 8; i++) Say(i);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.False(connection.IsClosed);
        Assert.Equal(20, _link.Sent.Count);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task BytesBeyondTheRateAreWaitedFor()
    {
        _limits = new() { TenantBytesPerSecond = 100 };
        var (connection, run) = Open();
        Say(1, 300);
        Say(2);
        Assert.Single(_link.Sent);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(_link.Sent);
        var second = new TaskCompletionSource();
        _link.OnSend = second.SetResult;
        _time.Advance(TimeSpan.FromSeconds(3));
        await second.Task.WaitAsync(Bound);
        Assert.Equal(1, _table.Counters.Slowed);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task AConnectionThatIsHeldUpClosesAtOnceAndItsPeersClockStandsStill()
    {
        _limits = new() { TenantBytesPerSecond = 1 };
        var (connection, run) = Open();
        Say(1, 300);
        for (var second = 0; second < 300; second += 10) connection.Sweep(TimeSpan.FromSeconds(second), DateTimeOffset.UnixEpoch);
        Assert.False(connection.IsClosed);
        connection.Close(ErrorCode.GoingAway);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task APeerThatIsGoneDoesNotHoldItsPlaceWhileItIsHeldUp()
    {
        _limits = new() { TenantBytesPerSecond = 1, TenantConnections = 1 };
        var (connection, run) = Open();
        Say(1, 300);
        Assert.NotNull(_table.Open(new("default"), null).Refusal);
        connection.PeerLeft();
        Assert.Null(_table.Open(new("default"), null).Refusal);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task WhatIsUsedIsCountedOnceHoweverOftenItIsFolded()
    {
        var (connection, run) = Open();
        Say(1);
        var length = Message(1, 0).Length;
        for (var i = 0; i < 3; i++) connection.Sweep(TimeSpan.FromSeconds(i), DateTimeOffset.UnixEpoch);
        connection.Answer(ConnectionRig.Frame("twelve bytes"), default);
        Say(2);
        await EndAsync(connection, run);

        var usage = _table.Usage(new TenantId("default"));
        Assert.Equal((2, 2 * length), (usage.MessagesIn, usage.BytesIn));
        Assert.Equal((1, 12), (usage.MessagesOut, usage.BytesOut));
        Assert.Equal((1, 1), (usage.ConnectionsOpened, usage.ConnectionsClosed));
    }

    private static byte[] Message(int number, int padding) => Encoding.UTF8.GetBytes($$"""{"type":"echo_say","request_id":"{{number}}","data":"{{new string('x', padding)}}"}""");

    private (Connection Connection, Task Run) Open()
    {
        var limits = new ConnectionLimits(new(1000, 100_000), 1000, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20));
        var connection = new Connection("c1", new UserIdentity("default", "alice"), _socket, new HandTransport(), limits, new GatewayCounters())
        {
            Meter = _table.Open(new("default"), "alice").Meter,
        };
        connection.Begin();
        connection.Attach(new HubUse(_link));
        var run = Task.CompletedTask;
        HandSocket.Bare(() => run = connection.RunAsync());
        return (connection, run);
    }

    private void Say(int number, int padding = 0) => _socket.Arrive(ReadStatus.Message, IncomingFrame.Message(Message(number, padding), isText: true));

    private async Task EndAsync(Connection connection, Task run)
    {
        _socket.End();
        await run.WaitAsync(Bound);
        Assert.True(connection.IsClosed);
    }
}
