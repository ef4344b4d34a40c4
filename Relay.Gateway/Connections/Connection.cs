using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Core.Runtime;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.Gateway.WebSockets;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>One socket of a client, whatever it is for: its credit, its outbox, its liveness, and the one way in which it closes (DESIGN rule 6a).</summary>
internal sealed partial class Connection : IHubConnection, IRoomConnection, ISwept
{
    private const int Open = 0, Draining = 1, Closing = 2;

    private readonly IFrameSocket _socket;
    private readonly ITransport _transport;
    private readonly ConnectionLimits _limits;
    private readonly GatewayCounters _counters;
    private readonly InboundCredit _credit;
    private readonly Outbox _outbox;
    private readonly SendLoop _sender;
    private IConnectionUse? _use;
    private int _phase;
    private int _left;
    private bool _heard;
    private long _timesHeard;
    private long _sentWhenHeard;
    private bool _lingering;
    private int _peerLeft;
    private Liveness _liveness;
    private TimeSpan? _closingSince;
    private TaskCompletionSource? _slowed;
    private DateTimeOffset? _toldOfEnd;
    private UserIdentity _identity;
    private string? _credential;

    public Connection(string id, UserIdentity identity, IFrameSocket socket, ITransport transport, ConnectionLimits limits, GatewayCounters counters)
    {
        (Id, _identity, _socket, _transport, _limits, _counters) = (id, identity, socket, transport, limits, counters);
        _credit = new(limits.Credit);
        _outbox = new(limits.OutboxBytes);
        _sender = new(socket, _outbox, this, counters);
        counters.ConnectionOpened();
    }

    public string Id { get; }

    public UserIdentity Identity => Volatile.Read(ref _identity);

    /// <summary>By what it is still known whether it is trusted; see <see cref="Auth.Admitted.Credential"/>.</summary>
    public string? Credential
    {
        get => Volatile.Read(ref _credential);
        init => _credential = value;
    }

    /// <summary>What it was opened for.</summary>
    public SocketUse IsFor { get; init; }

    /// <summary>What it is for, once that is known.</summary>
    public IConnectionUse? Use => Volatile.Read(ref _use);

    /// <summary>What it has used and may, or null where nobody counts.</summary>
    public ConnectionMeter? Meter { get; init; }

    /// <summary>Why the connection closed; the first reason counts.</summary>
    public CloseReason Reason { get; private set; }

    public long BytesSent => _sender.Sent;

    /// <summary>Counts the times that something has come.</summary>
    public long Heard => Volatile.Read(ref _timesHeard);

    public bool IsClosed => Volatile.Read(ref _phase) == Closing;

    public bool HasRoom => _outbox.HasRoom;

    /// <summary>Bytes that have not left yet.</summary>
    public long BytesWaiting => _outbox.Bytes;

    /// <summary>Whether all that was queued has left.</summary>
    public bool HasSentAll => _outbox.Bytes == 0;

    /// <summary>Whether no message is taken any more, because the relay is being stopped.</summary>
    public bool IsDraining => Volatile.Read(ref _phase) == Draining;

    public void Answer(Frame frame, Credit credit)
    {
        if (IsClosed) return;
        _sender.Send(frame, credit);
    }

    public void Push(Frame frame)
    {
        if (Fits(frame.Length)) _sender.Send(frame, Credit.None);
    }

    public void Deliver(FrameBatch batch)
    {
        if (Fits(batch.Bytes)) _sender.Deliver(batch.Wire(BatchFrames.Write));
    }

    public void Return(Credit credit)
    {
        _credit.Return(credit);
        CloseIfDrained();
    }

    public void KeepOpen(int by)
    {
        if (_credit.KeepOpen(by) == 0) CloseIfDrained();
    }

    public bool WhenRoom(IRoomWaiter waiter) => _outbox.WhenRoom(waiter);

    public void Close(ErrorCode error)
    {
        var reason = ErrorCatalogue.Of(error).Closes ?? throw new ArgumentException($"{error} does not close.", nameof(error));
        BeginClose(reason, ErrorCatalogue.Of(reason).Code, _limits.Told(error));
    }

    /// <summary>Closes the connection for a reason that no error frame tells.</summary>
    public void Close(CloseReason reason) => BeginClose(reason, ErrorCatalogue.Of(reason).Code, null);

    /// <summary>Bytes have left that held so much credit: this connection's, unless its use knows better.</summary>
    public void Sent(Credit credit)
    {
        if (_use is not { } use)
        {
            Return(credit);
            return;
        }

        use.Sent(this, credit);
        CloseIfDrained();
    }

    /// <summary>A fresh token has moved the connection's end, and the connection stands by it from now on. Any thread.</summary>
    public void Renew(DateTimeOffset? expires, string? credential)
    {
        Interlocked.Exchange(ref _credential, credential);
        Interlocked.Exchange(ref _identity, Identity with { Expires = expires });
    }

    /// <summary>Gives the connection what it is for. Without it, it only closes.</summary>
    public void Attach(IConnectionUse use)
    {
        Interlocked.Exchange(ref _use, use);
        if (IsClosed) Leave();
    }

    /// <summary>No message is taken any more; when those under way are answered, the connection is told to go.</summary>
    public void Drain()
    {
        if (Interlocked.CompareExchange(ref _phase, Draining, Open) == Open) CloseIfDrained();
    }

    /// <summary>The transport has seen the peer's end. While data is taken the receive loop comes to it by itself.</summary>
    public void PeerLeft()
    {
        Interlocked.Exchange(ref _peerLeft, 1);
        if (IsHeldUp && !_limits.ReadsToTheEnd) Drop(CloseReason.PeerGone);
    }

    /// <summary>Lets go of the socket without a goodbye.</summary>
    public void Abort()
    {
        Drop(CloseReason.GoingAway);
        _socket.Abort();
    }

    /// <summary>Asks the peer for a sign of life.</summary>
    public void Ping() => _sender.Ping();

    /// <summary>The socket may be written to: what was sent to the connection until now leaves. Call it once.</summary>
    public void Begin() => _sender.Begin();

    /// <summary>Runs the connection until its socket has ended. Nothing touches the socket afterwards.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ReceiveAsync();
        }
        finally
        {
            // Also when the loop failed, which is a bug of ours: the user's place must not stay taken by a ghost.
            Drop(CloseReason.PeerGone);
            await _sender.Ended;
            await _socket.DisposeAsync();
            Fold();
        }
    }

    /// <summary>Keeps the dead-peer clock and the close timeout. Called by the registry's sweep alone.</summary>
    public void Sweep(TimeSpan now, DateTimeOffset wall)
    {
        Fold();
        var heard = Volatile.Read(ref _heard);
        if (heard) Volatile.Write(ref _heard, false);
        if (IsClosed)
        {
            _closingSince ??= now;
            if (now - _closingSince >= _limits.CloseTimeout) _socket.Abort();
            // What broke the protocol is not read any more, so its goodbye cannot be told from noise: silence has to do.
            else if (Volatile.Read(ref _lingering) && !heard && _sender.HasEnded) _socket.EndReceive();
            return;
        }

        if (Identity.Expires is { } end && EndsAt(end, wall)) return;

        _use?.Sweep(this, now);
        heard |= _sender.TakeProgress() | IsHeldUp | _sender.AwaitsRest;
        var taking = !heard && _liveness.AwaitsPong && _transport.TookBytes();
        var verdict = _liveness.Look(now, heard, taking, _sender.Sent - Volatile.Read(ref _sentWhenHeard), _limits);
        if (verdict == Liveness.Verdict.Ping)
        {
            _transport.TookBytes(); // from here on it counts
            _sender.Ping();
        }
        else if (verdict == Liveness.Verdict.Dead)
        {
            _counters.DeadPeer();
            Drop(CloseReason.PeerGone);
        }
    }

    // Also told anew when a fresh token has moved the end.
    private bool EndsAt(DateTimeOffset end, DateTimeOffset wall)
    {
        if (end <= wall)
        {
            Close(ErrorCode.TokenExpired);
            return true;
        }

        if (end - wall > _limits.ExpiryNotice || _toldOfEnd == end) return false;
        _toldOfEnd = end;
        _use?.Expiring(this, end);
        return false;
    }

    // Whether what nobody asked for may be queued; who has not read as much as fits is closed.
    private bool Fits(int length)
    {
        if (IsClosed || !_outbox.WouldOverflow(length)) return !IsClosed;
        _counters.PushOverflowed();
        Close(ErrorCode.SlowConsumer);
        return false;
    }

    // The one way to close: what waits is dropped, the frame in progress ends, then the error frame and the close frame; input is
    // drained until the peer has closed, and after the close timeout the socket is aborted.
    private void BeginClose(CloseReason reason, int code, Frame? error)
    {
        if (Interlocked.Exchange(ref _phase, Closing) == Closing) return;
        Reason = reason;
        _counters.ConnectionClosed(IsFor, reason);
        // The hub first: who has read the close frame may come back at once, and has to find its place free.
        Leave();
        Meter?.Leave();
        _sender.Close(error, code == 0 ? [] : FrameWriter.ClosePayload(code, reason == CloseReason.Normal ? "" : ErrorCatalogue.Of(reason).Name));
        WakeReader();
    }

    private void Drop(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _phase, Closing) == Closing) return;
        Reason = reason;
        _counters.ConnectionClosed(IsFor, reason);
        _socket.Abort();
        _sender.Close(null, null);
        Leave();
        Meter?.Leave();
        WakeReader();
    }

    private void Fold() => Meter?.Fold(_sender.SentMessages, _sender.Sent);

    // A stream's end holds no credit: it must have left too, because closing drops what waits.
    private void CloseIfDrained()
    {
        if (Volatile.Read(ref _phase) == Draining && _credit.IsWhole && _outbox.Bytes == 0) Close(ErrorCode.GoingAway);
    }

    private void Leave()
    {
        if (_use is not { } use || Interlocked.Exchange(ref _left, 1) != 0) return;
        // The leaving may have plugins told: their code is not for a thread that sweeps or sends.
        using var scope = TurnScope.EnterWithoutPlugins();
        use.Leave();
    }
}
