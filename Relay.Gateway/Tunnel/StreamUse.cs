using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.WebSockets;

namespace Relay.Gateway.Tunnel;

/// <summary>A socket that carries many tunnels, in frames: docs/protocol.md, <c>relay.tunnel.v2</c>.</summary>
internal sealed class StreamUse(TunnelSocket socket, TenantId tenant, string? userId, TunnelParts parts) : ITunnelUse
{
    private readonly TunnelFrameReader _frames = new();
    private readonly TunnelOwner _who = new(tenant, userId ?? "");

    // Bounded by tunnel.max_per_user. The receive loop adds; whoever ends a tunnel removes.
    private readonly ConcurrentDictionary<uint, TunnelStream> _streams = new();
    private uint _highest;
    private TunnelStream? _last;
    private TimeSpan _wait;
    private volatile bool _draining;

    public TunnelSocket Socket => socket;

    public bool HasPressure => _wait > TimeSpan.Zero || socket.Sender.IsFull;

    public Task Ended => Task.WhenAll(_streams.Values.Select(static stream => stream.Tunnel.Over));

    public string? Read(ReadOnlySpan<byte> payload, bool endsMessage) =>
        _frames.TryRead(payload, endsMessage, out var frame, out var fault) ? Take(frame) : fault;

    public async ValueTask PressureAsync()
    {
        if (_wait > TimeSpan.Zero) await Task.Delay(_wait, parts.Time);
        _wait = TimeSpan.Zero;
        if (socket.Sender.IsFull) await socket.Sender.FlushAsync();
    }

    public void PeerClosed(int code)
    {
        EndAll(TunnelEnd.ClientReset);
        socket.Finish(CloseReason.Normal);
    }

    public void EndAll(TunnelEnd why)
    {
        foreach (var (_, stream) in _streams) stream.Tunnel.End(why);
    }

    public void Drain()
    {
        _draining = true;
        FinishIfDrained();
    }

    public void Sweep(TimeSpan now)
    {
        foreach (var (_, stream) in _streams) stream.Tunnel.Sweep(now);
        FinishIfDrained();
    }

    /// <summary>The stream has ended: what still comes for it is thrown away.</summary>
    public void Remove(uint id)
    {
        _streams.TryRemove(id, out _);
        FinishIfDrained();
    }

    private void FinishIfDrained()
    {
        if (_draining && _streams.IsEmpty) socket.Finish(CloseReason.GoingAway);
    }

    private string? Take(in TunnelFrame frame)
    {
        switch (frame.Type)
        {
            case TunnelFrameType.Open:
                return Open(frame);
            case TunnelFrameType.Ping:
                Span<byte> pong = stackalloc byte[TunnelFrames.MaxControl];
                socket.Sender.Post(pong[..TunnelFrames.WritePing(pong, TunnelFrameType.Pong, frame.Number)]);
                return null;
            case TunnelFrameType.Pong:
                return null;
            case TunnelFrameType.Opened or TunnelFrameType.Refused:
                return "a frame that only the relay sends";
        }

        if (frame.Stream > _highest) return "a stream that was not opened";
        if (_last?.Id != frame.Stream && !_streams.TryGetValue(frame.Stream, out _last)) return null;
        var stream = _last!;
        switch (frame.Type)
        {
            case TunnelFrameType.Data:
                if (!stream.TryReceive(frame.Data.Length)) return "data without credit, or behind its end";
                var wait = stream.Tunnel.Accept(frame.Data);
                if (wait > _wait) _wait = wait;
                return null;
            case TunnelFrameType.Credit:
                return stream.TryAddCredit(frame.Number) ? null : "more credit than a stream may have";
            case TunnelFrameType.End:
                if (!stream.TryEnd()) return "a second end";
                stream.Tunnel.AcceptEnd();
                return null;
            default:
                stream.Tunnel.End(TunnelEnd.ClientReset);
                return null;
        }
    }

    private string? Open(in TunnelFrame frame)
    {
        if (frame.Stream <= _highest) return "a stream that was opened before";
        _highest = frame.Stream;
        var isTarget = TunnelTarget.TryParse(frame.Text, out var target, out var wrong);
        TunnelAccount? account = null;
        if (!isTarget) Refuse(frame, 400, $"The target {wrong}.");
        else if (_who.UserId.Length == 0 && parts.RequiresUser) Refuse(frame, 407, "The relay wants to know the user.");
        else if (_draining) Refuse(frame, 503, "The relay is being stopped.");
        else if ((account = parts.Accounts.TryOpen(_who, out var limit)) is null) Refuse(frame, 429, limit);
        if (account is null) return null;

        var stream = new TunnelStream(this, frame.Stream, parts.WindowBytes);
        stream.Tunnel = new(stream, target, account, parts);
        _streams[frame.Stream] = _last = stream;
        if (!stream.TryAddCredit(frame.Number)) return "more credit than a stream may have";
        _ = stream.Tunnel.RunAsync();
        return null;
    }

    private void Refuse(in TunnelFrame frame, int status, string text)
    {
        parts.Counters.CountRefused(status);
        parts.Log.Refused(_who, socket.Id, status == 400 ? "" : frame.Text!, status, text);
        SendRefused(frame.Stream, status, text);
    }

    /// <summary>Tells the client that there will be no tunnel.</summary>
    public void SendRefused(uint stream, int status, string text)
    {
        Span<byte> refused = stackalloc byte[TunnelFrames.MaxControl];
        socket.Sender.Post(refused[..TunnelFrames.WriteRefused(refused, stream, status, text)]);
    }
}

/// <summary>One of many tunnels of a socket: its credit each way.</summary>
internal sealed class TunnelStream(StreamUse use, uint id, int window) : ITunnelCarrier
{
    private readonly Lock _gate = new();
    private SendCredit _send = new();
    private ReceiveCredit _receive = new(window);
    private TaskCompletionSource? _waits;
    private bool _clientEnded;
    private bool _refused;
    private bool _opened;
    private bool _ended;

    public uint Id => id;

    public string ConnectionId => use.Socket.Id;

    public Tunnel Tunnel { get; set; } = null!;

    public bool TryReceive(int bytes)
    {
        lock (_gate) return !_clientEnded && _receive.TryReceive(bytes);
    }

    public bool TryAddCredit(ulong credit)
    {
        lock (_gate)
        {
            if (!_send.TryAdd(credit)) return false;
            _waits?.TrySetResult();
            _waits = null;
            return true;
        }
    }

    /// <summary>The client has ended its direction. False when it had done so before.</summary>
    public bool TryEnd() => !_clientEnded && (_clientEnded = true);

    public ValueTask<int> CreditAsync()
    {
        lock (_gate)
        {
            if (_ended) return new(0);
            if (_send.Left > 0) return new(Math.Min(_send.Left, TunnelFrames.MaxData));
            _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return WaitAsync(_waits.Task);
        }
    }

    public ValueTask<bool> SendAsync(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            if (_ended) return new(false);
            _send.Spend(count);
        }

        var length = TunnelFrames.HeaderSize + count;
        TunnelFrames.WriteHeader(buffer.AsSpan(offset - TunnelFrames.HeaderSize), TunnelFrameType.Data, id);
        var frame = offset - TunnelFrames.HeaderSize - FrameWriter.HeaderSize(length);
        FrameWriter.WriteHeader(buffer.AsSpan(frame), Opcode.Binary, length);
        return use.Socket.Sender.SendAsync(buffer.AsMemory(frame, offset + count - frame));
    }

    public void Opened()
    {
        uint credit;
        lock (_gate)
        {
            credit = _receive.GrantRest();
            _opened = true;
        }

        Span<byte> opened = stackalloc byte[TunnelFrames.MaxControl];
        use.Socket.Sender.Post(opened[..TunnelFrames.WriteOpened(opened, id, credit)]);
    }

    public void Refused(int status, string text)
    {
        _refused = true;
        use.SendRefused(id, status, text);
    }

    public void TargetEnded()
    {
        Span<byte> end = stackalloc byte[TunnelFrames.MaxControl];
        use.Socket.Sender.Post(end[..TunnelFrames.WriteEnd(end, id)]);
    }

    public void Consumed(int bytes)
    {
        uint credit;
        lock (_gate)
        {
            credit = _receive.Consume(bytes);
            if (credit == 0 || _ended || _clientEnded) return;
        }

        Span<byte> frame = stackalloc byte[TunnelFrames.MaxControl];
        use.Socket.Sender.Post(frame[..TunnelFrames.WriteCredit(frame, id, credit)]);
    }

    public void Ended(TunnelEnd why)
    {
        lock (_gate)
        {
            _ended = true;
            _waits?.TrySetResult();
        }

        if (!_refused && why is not (TunnelEnd.Finished or TunnelEnd.ClientReset or TunnelEnd.ClientGone)) SendReset(why);
        use.Remove(id);
    }

    private void SendReset(TunnelEnd why)
    {
        Span<byte> reset = stackalloc byte[TunnelFrames.MaxControl];
        var size = _opened ? TunnelFrames.WriteReset(reset, id, why.Reset()) : TunnelFrames.WriteRefused(reset, id, 503, $"The tunnel was given up before it was open: {why.Name()}.");
        use.Socket.Sender.Post(reset[..size]);
    }

    private async ValueTask<int> WaitAsync(Task credit)
    {
        await credit.ConfigureAwait(false);
        return await CreditAsync().ConfigureAwait(false);
    }
}
