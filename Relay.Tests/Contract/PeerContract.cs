using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>Introductions, and the ends of pipes that come together.</summary>
public abstract class PeerContract : RuntimeContract
{
    [Fact]
    public async Task PeersOfOneDocumentAreIntroducedToEachOther()
    {
        var (alice, bob, carol) = (Open("alice"), Open("bob"), Open("carol"));
        await alice.JoinAsync("x", "y");
        await bob.JoinAsync("y", "x");
        await carol.JoinAsync("z");
        Assert.Equal("alice x,y", await bob.MeetsAsync());
        Assert.Equal("bob x,y", await alice.MeetsAsync());
        await carol.JoinAsync("x");
        Assert.Equal(["alice x", "bob x"], new[] { await carol.MeetsAsync(), await carol.MeetsAsync() }.Order());
        Assert.Equal("carol x", await alice.MeetsAsync());
        Assert.Equal("carol x", await bob.MeetsAsync());
    }

    [Fact]
    public async Task TenantsAreApart()
    {
        var (here, there, friend) = (Open("alice"), Open("bob", "other"), Open("carol"));
        await here.JoinAsync("x");
        await there.JoinAsync("x");
        await friend.JoinAsync("x");
        Assert.Equal("carol x", await here.MeetsAsync());
        Assert.Equal(0, there.Unread);
    }

    [Fact]
    public async Task WhoHasLeftOrClosedIsNotIntroduced()
    {
        var (leaves, closes, stays) = (Open("leaves"), Open("closes"), Open("stays"));
        await leaves.JoinAsync("x");
        await closes.JoinAsync("x");
        await leaves.MeetsAsync();
        await leaves.LeaveAsync("x");
        closes.Close();
        await HeardAsync();
        await stays.JoinAsync("x");
        await stays.JoinAsync("y");
        Assert.Equal(0, stays.Unread);
    }

    [Fact]
    public async Task ANewerSocketOfAPeerIsToldAlsoWhenTheOlderHasClosed()
    {
        var (older, newer, bob) = (Open("alice"), Open("alice"), Open("bob"));
        await older.JoinAsync("x");
        await newer.JoinAsync("x");
        older.Close();
        await bob.JoinAsync("x");
        Assert.Equal("alice x", await bob.MeetsAsync());
        Assert.Equal("bob x", await newer.MeetsAsync());
    }

    [Fact]
    public async Task TheEndsOfAPipeComeTogetherAndWhatTheySayPassesInOrder()
    {
        var (one, other) = (Connect("a", "b"), Connect("b", "a"));
        var (toOther, toOne) = (await one.PartnerAsync(), await other.PartnerAsync());
        for (var i = 0; i < 200; i++)
        {
            toOther.Send(PipeEndRecorder.Piece($"to other {i}"), new(1, 10));
            toOne.Send(PipeEndRecorder.Piece($"to one {i}"), new(1, 20));
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal($"to other {i}", await other.NextAsync());
            Assert.Equal($"to one {i}", await one.NextAsync());
        }

        await one.ReturnedAsync(new(200, 2000));
        await other.ReturnedAsync(new(200, 4000));
        toOther.Finish();
        await other.FinishedAsync();
    }

    [Fact]
    public async Task AnEndThatHasClosedIsNotAPartner()
    {
        var gone = Connect("a", "b");
        gone.Link.Leave();
        await HeardAsync();
        var (other, one) = (Connect("b", "a"), Connect("a", "b"));
        (await one.PartnerAsync()).Send(PipeEndRecorder.Piece("hello"), Credit.None);
        Assert.Equal("hello", await other.NextAsync());
        Assert.False(gone.HasPartner);
    }

    [Fact]
    public async Task ANewerEndReplacesTheOneThatWaits()
    {
        var (older, newer) = (Connect("a", "b"), Connect("a", "b"));
        Assert.Equal(CloseReason.Replaced, await older.ClosedAsync());
        var other = Connect("b", "a");
        (await other.PartnerAsync()).Send(PipeEndRecorder.Piece("hello"), Credit.None);
        Assert.Equal("hello", await newer.NextAsync());
    }

    private protected PeerClient Open(string peerId, string tenant = "default") => new(Runtime, new(new(tenant), peerId));

    private protected PipeEndRecorder Connect(string local, string remote) => PipeEndRecorder.Connect(Runtime, local, remote, "doc");

    /// <summary>What was said without an answer has arrived: the same way has been gone by something that is answered.</summary>
    private protected virtual Task HeardAsync() => Host.SettleAsync();
}

/// <summary>A peer's socket at a runtime.</summary>
internal sealed class PeerClient : IPeerConnection
{
    private readonly Channel<string> _met = Channel.CreateUnbounded<string>();
    private readonly Channel<Credit> _done = Channel.CreateUnbounded<Credit>();
    private readonly PeerLink _link;

    public PeerClient(IRelayRuntime runtime, PeerKey peer) => _link = runtime.Peers.Open(peer, this);

    public int Unread => _met.Reader.Count;

    public async Task JoinAsync(params string[] documents)
    {
        _link.Join(documents, PeerFormat.Json, new(1, 10));
        Assert.Equal(new(1, 10), await _done.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience));
    }

    public async Task LeaveAsync(params string[] documents)
    {
        _link.LeaveDocuments(documents, new(1, 5));
        Assert.Equal(new(1, 5), await _done.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience));
    }

    public void Close() => _link.Leave();

    /// <summary>Whom it meets next, and for which documents, in order.</summary>
    public Task<string> MeetsAsync() => _met.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    void IPeerConnection.Introduce(string peerId, Frame frame)
    {
        var documents = JsonDocument.Parse(frame.Bytes).RootElement.GetProperty("documentIds").EnumerateArray().Select(static id => id.GetString()).Order();
        _met.Writer.TryWrite($"{peerId} {string.Join(',', documents)}");
    }

    void IPeerConnection.Done(Credit credit) => _done.Writer.TryWrite(credit);

    void IPeerConnection.Close(CloseReason reason) => _met.Writer.TryWrite($"closed {reason}");
}

/// <summary>An end of a pipe that keeps what it is sent, and gives its credit back at once.</summary>
internal sealed class PipeEndRecorder : IPipeEnd
{
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>();
    private readonly Channel<Credit> _passed = Channel.CreateUnbounded<Credit>();
    private readonly TaskCompletionSource<IPipeEnd> _partner = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RuntimeLink Link { get; private set; } = null!;

    public bool HasPartner => _partner.Task.IsCompleted;

    /// <summary>While it is set, nothing of what is sent counts as passed on.</summary>
    public bool IsStuck { get; set; }

    public static PipeEndRecorder Connect(IRelayRuntime runtime, string local, string remote, string document)
    {
        var (pipe, isSecond) = PipeKey.Of(TenantId.Default, local, remote, document);
        var end = new PipeEndRecorder();
        end.Link = runtime.Peers.Connect(pipe, isSecond, end);
        return end;
    }

    public static Frame Piece(string text) => new(Encoding.UTF8.GetBytes(text), IsText: false) { Framed = 1 };

    public Task<IPipeEnd> PartnerAsync() => _partner.Task.WaitAsync(RecordingConnection.Patience);

    public Task<string> NextAsync() => _pieces.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    public Task FinishedAsync() => _finished.Task.WaitAsync(RecordingConnection.Patience);

    public Task<CloseReason> ClosedAsync() => _closed.Task.WaitAsync(RecordingConnection.Patience);

    /// <summary>Ends when so much credit has come back.</summary>
    public async Task ReturnedAsync(Credit whole)
    {
        for (var sum = Credit.None; sum != whole;)
        {
            var credit = await _passed.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);
            sum = new(sum.Messages + credit.Messages, sum.Bytes + credit.Bytes);
        }
    }

    void IPipeEnd.Pair(IPipeEnd other) => _partner.TrySetResult(other);

    void IPipeEnd.Send(Frame piece, Credit credit)
    {
        // Whoever hears of the piece may change it.
        var isStuck = IsStuck;
        _pieces.Writer.TryWrite(Encoding.UTF8.GetString(piece.Bytes));
        if (!isStuck) _ = ReturnAsync(credit);
    }

    void IPipeEnd.Passed(Credit credit)
    {
        if (credit != Credit.None) _passed.Writer.TryWrite(credit);
    }

    void IPipeEnd.Finish() => _finished.TrySetResult();

    void IPipeEnd.Close(CloseReason reason) => _closed.TrySetResult(reason);

    // The partner may send before this end has been told of it.
    private async Task ReturnAsync(Credit credit) => (await PartnerAsync()).Passed(credit);
}
