using System.Buffers;
using System.Runtime.InteropServices;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.Gateway.Connections;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.WebSockets;

namespace Relay.Gateway.Tunnel;

/// <summary>
/// A client's socket with tunnels in it: reads frames where they lie, without putting messages together, and keeps the socket's clocks. What is
/// in the messages is its use's affair.
/// </summary>
internal sealed class TunnelSocket(string id, ITunnelWire wire, ITransport transport, UserIdentity identity, ConnectionLimits limits, GatewayCounters counters, TunnelLog log) : ISwept
{
    private readonly TunnelSender _sender = new(wire);
    private ITunnelUse _use = null!;

    // Receive loop only: the data frame that is being read, and whether its message goes on.
    private FrameHeader _frame;
    private long _taken;
    private bool _insideFrame;
    private bool _insideMessage;
    private bool _ignores;

    private Liveness _liveness;
    private TimeSpan? _endingSince;
    private long _sentWhenHeard;
    private bool _heard;
    private volatile bool _paused;
    private volatile bool _peerClosed;
    private volatile bool _ending;
    private int _reason = -1;

    public string Id => id;

    public UserIdentity Identity => identity;

    /// <summary>By what it is still known whether it is trusted; see <see cref="Auth.Admitted.Credential"/>.</summary>
    public string? Credential { get; init; }

    public TunnelSender Sender => _sender;

    /// <summary>Its place among the tenant's and the user's sockets, or null where nobody counts.</summary>
    public ConnectionMeter? Meter { get; init; }

    /// <summary>Says what the socket carries. Before anything else.</summary>
    public void Attach(ITunnelUse use) => _use = use;

    /// <summary>Runs the socket until it, and every tunnel in it, has ended.</summary>
    public async Task RunAsync()
    {
        counters.ConnectionOpened();
        try
        {
            await ReceiveAsync();
        }
        finally
        {
            _use.EndAll(TunnelEnd.ClientGone);
            await _use.Ended;
            await _sender.FlushAsync();
            counters.ConnectionClosed(SocketUse.Tunnel, _reason >= 0 ? (CloseReason)_reason : CloseReason.PeerGone);
            // Before the client sees the end: it may come again at once.
            Meter?.Leave();
            await wire.DisposeAsync();
        }
    }

    /// <summary>Sends a close frame; of several reasons the first counts. Any thread.</summary>
    public void SendClose(CloseReason reason)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, -1);
        var told = (CloseReason)_reason;
        var entry = ErrorCatalogue.Of(told);
        _sender.Close(entry.Code, told == CloseReason.Normal ? "" : entry.Name);
    }

    /// <summary>The socket has nothing more to carry: it ends when the client has closed as well, or after the close timeout.</summary>
    public void Finish(CloseReason reason)
    {
        SendClose(reason);
        _ending = true;
        if (_peerClosed) wire.EndReceive();
    }

    /// <summary>Breaks off every tunnel and closes.</summary>
    public void Close(CloseReason reason, TunnelEnd why)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, -1);
        _use.EndAll(why);
        Finish(reason);
    }

    public void Drain() => _use.Drain();

    public void Abort() => wire.Abort();

    /// <summary>Keeps the clocks. Called by the registry's sweep alone.</summary>
    public void Sweep(TimeSpan now, DateTimeOffset wall)
    {
        var heard = Volatile.Read(ref _heard);
        if (heard) Volatile.Write(ref _heard, false);
        if (_ending)
        {
            _endingSince ??= now;
            if (now - _endingSince >= limits.CloseTimeout) wire.Abort();
            return;
        }

        if (identity.Expires <= wall) Close(CloseReason.TokenExpired, TunnelEnd.Expired);
        _use.Sweep(now);

        // Who has closed its direction answers no pings; who is not read cannot.
        heard |= _sender.TakeProgress() | _paused | _peerClosed;
        var taking = !heard && _liveness.AwaitsPong && transport.TookBytes();
        var verdict = _liveness.Look(now, heard, taking, _sender.Sent - Volatile.Read(ref _sentWhenHeard), limits);
        if (verdict == Liveness.Verdict.Ping)
        {
            transport.TookBytes(); // from here on it counts
            counters.PingSent();
            _sender.Ping();
        }
        else if (verdict == Liveness.Verdict.Dead)
        {
            counters.DeadPeer();
            wire.Abort();
        }
    }

    private async Task ReceiveAsync()
    {
        while (!(_ending && _peerClosed) && await wire.WaitAsync())
        {
            Volatile.Write(ref _heard, true);
            Volatile.Write(ref _sentWhenHeard, _sender.Sent);
            while (TryTake())
            {
                if (!_use.HasPressure) continue;
                _paused = true;
                counters.ReadingPaused();
                await _use.PressureAsync();
                _paused = false;
            }
        }
    }

    // Takes a header, a control frame, or as much of a payload as lies in one piece. False: more must come.
    private bool TryTake()
    {
        ref var rest = ref wire.Rest;
        if (_ignores) rest = rest.Slice(rest.End);
        if (rest.IsEmpty) return false;
        if (_insideFrame)
        {
            TakePayload(ref rest);
            return true;
        }

        if (!FrameHeader.TryParse(in rest, expectMasked: true, out var header, out var fault))
        {
            if (fault is not null) Violate(fault);
            return fault is not null;
        }

        if (header.IsControl)
        {
            if (rest.Length - header.Size < header.PayloadLength) return false;
            Span<byte> payload = stackalloc byte[(int)header.PayloadLength];
            rest.Slice(header.Size, payload.Length).CopyTo(payload);
            rest = rest.Slice(header.Size + payload.Length);
            TakeControl(header, payload);
            return true;
        }

        rest = rest.Slice(header.Size);
        Begin(header);
        if (_frame.PayloadLength == 0 && !_ignores) TakePayload(ref rest);
        return true;
    }

    private void TakePayload(ref ReadOnlySequence<byte> rest)
    {
        var first = rest.First;
        var length = (int)Math.Min(_frame.PayloadLength - _taken, first.Length);

        // Nobody else reads it: what is unmasked here is taken here.
        var payload = MemoryMarshal.AsMemory(first)[..length].Span;
        if (_frame.MaskKey != 0) Masking.Apply(payload, payload, _frame.MaskKey, _taken);
        _taken += length;
        _insideFrame = _taken < _frame.PayloadLength;
        var endsMessage = !_insideFrame && _frame.Fin;
        if ((length > 0 || endsMessage) && _use.Read(payload, endsMessage) is { } wrong) Violate(wrong);
        rest = rest.Slice(length);
    }

    private void Begin(in FrameHeader header)
    {
        var continues = header.Opcode == Opcode.Continuation;
        if (continues != _insideMessage) Violate(continues ? "a continuation of nothing" : "a new message inside a fragmented one");
        else if (header.Opcode == Opcode.Text) Violate("a text message");
        (_frame, _taken, _insideFrame, _insideMessage) = (header, 0, true, !header.Fin);
    }

    private void TakeControl(in FrameHeader header, Span<byte> payload)
    {
        Masking.Apply(payload, payload, header.MaskKey, 0);
        if (header.Opcode == Opcode.Ping) _sender.Pong(payload);
        if (header.Opcode != Opcode.Close) return;
        var code = payload.Length < 2 ? CloseCodes.NoStatus : (payload[0] << 8) | payload[1];
        if (code != CloseCodes.NoStatus && !CloseCodes.MayBeSent(code))
        {
            Violate("a close code that may not be sent");
            return;
        }

        (_ignores, _peerClosed) = (true, true);
        _use.PeerClosed(code);
    }

    // What comes after it is not read any more, only thrown away until the client ends the connection.
    private void Violate(string fault)
    {
        _ignores = true;
        log.Violation(id, fault);
        Close(CloseReason.ProtocolError, TunnelEnd.ClientReset);
    }
}
