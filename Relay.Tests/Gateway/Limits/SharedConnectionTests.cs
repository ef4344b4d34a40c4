using System.Text;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Limits;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Connections;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Limits;

/// <summary>A connection whose user's limits are counted elsewhere: it waits for the answer, and only who is over the rate is refused.</summary>
public sealed class SharedConnectionTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly HandSocket _socket = new();
    private readonly ConnectionRig.RecordingLink _link = new();
    private readonly HandOwner _owner;
    private readonly LimitTable _table;
    private RelayLimitsOptions _limits = new();

    public SharedConnectionTests()
    {
        _owner = new(_time);
        _table = new(_time, SubjectLimits.None, _ => _limits);
        _table.Share(_owner.NewProcess());
    }

    public void Dispose() => _table.Dispose();

    [Fact]
    public async Task ABurstOfASecondsWorthIsWaitedForAndWhatIsBeyondIsRefused()
    {
        _limits = new() { UserMessagesPerSecond = 20 };
        var (connection, run) = await OpenAsync();
        var all = Sent(20);
        for (var i = 0; i < 20; i++) Say(i);
        await all.WaitAsync(Bound);
        Assert.Empty(_socket.Texts);

        // It is asked once more whether there are any, and then it is known that there are none.
        var refused = _table.Counters.Refused(LimitKind.UserMessages);
        for (var i = 20; i < 25; i++) Say(i);
        while (_table.Counters.Refused(LimitKind.UserMessages) < refused + 5) await Task.Yield();
        Assert.Equal(20, _link.Sent.Count);
        Assert.All(_socket.Texts, static text => Assert.Contains("\"error\":\"rate_limited\"", text, StringComparison.Ordinal));

        _time.Advance(TimeSpan.FromSeconds(1));
        all = Sent(1);
        Say(25);
        await all.WaitAsync(Bound);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task WhereNobodyAnswersMessagesWaitAndNothingIsLost()
    {
        _limits = new() { UserMessagesPerSecond = 20 };
        var (connection, run) = await OpenAsync();
        _owner.IsLost = true;
        var all = Sent(3);
        for (var i = 0; i < 3; i++) Say(i);
        var asked = _owner.Reports;
        while (_owner.Reports < asked + 3)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Empty(_link.Sent);
        for (var second = 0; second < 300; second += 10) connection.Sweep(TimeSpan.FromSeconds(second), DateTimeOffset.UnixEpoch);
        Assert.False(connection.IsClosed);
        _owner.IsLost = false;
        await PassAsync(all);
        Assert.Empty(_socket.Texts);
        await EndAsync(connection, run);
    }

    [Fact]
    public async Task AConnectionThatWaitsForTokensClosesAtOnce()
    {
        _limits = new() { UserMessagesPerSecond = 20 };
        var (connection, run) = await OpenAsync();
        _owner.IsLost = true;
        Say(1);
        connection.Close(ErrorCode.GoingAway);
        await EndAsync(connection, run);
        Assert.Empty(_link.Sent);
    }

    [Fact]
    public async Task BytesAreBorrowedAndPaidBeforeMoreIsRead()
    {
        _limits = new() { UserBytesPerSecond = 1000 };
        var (connection, run) = await OpenAsync();
        var first = Sent(1);
        Say(1, 2500);
        await first.WaitAsync(Bound);
        var second = Sent(1);
        Say(2);
        var began = _time.GetUtcNow();
        await PassAsync(second);
        // A second's worth was there, and the rest had to come.
        Assert.True(_time.GetUtcNow() - began >= TimeSpan.FromSeconds(1.4));
        await EndAsync(connection, run);
    }

    private async Task<(Connection Connection, Task Run)> OpenAsync()
    {
        var limits = new ConnectionLimits(new(1000, 100_000), 1000, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20));
        var connection = new Connection("c1", new UserIdentity("default", "alice"), _socket, new HandTransport(), limits, new GatewayCounters())
        {
            Meter = (await _table.OpenAsync(new("default"), "alice")).Meter,
        };
        connection.Begin();
        connection.Attach(new HubUse(_link));
        var run = Task.CompletedTask;
        HandSocket.Bare(() => run = connection.RunAsync());
        return (connection, run);
    }

    // Ends when so many more messages have gone on.
    private Task Sent(int more)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _link.OnSend = () =>
        {
            if (--more == 0) done.SetResult();
        };
        return done.Task;
    }

    private async Task PassAsync(Task until)
    {
        for (var i = 0; i < 100_000 && !until.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Run(static () => { });
        }

        await until.WaitAsync(Bound);
    }

    private void Say(int number, int padding = 0) => _socket.Arrive(
        ReadStatus.Message, IncomingFrame.Message(Encoding.UTF8.GetBytes($$"""{"type":"echo_say","request_id":"{{number}}","data":"{{new string('x', padding)}}"}"""), isText: true));

    private async Task EndAsync(Connection connection, Task run)
    {
        _socket.End();
        await run.WaitAsync(Bound);
        Assert.True(connection.IsClosed);
    }
}
