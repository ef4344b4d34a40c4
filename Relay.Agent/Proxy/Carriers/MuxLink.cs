using Microsoft.Extensions.Logging;
using Relay.Core.Tunnel;
using Relay.WebSockets;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>Many tunnels over one socket: <c>relay.tunnel.v2</c>. Lives as long as its socket.</summary>
internal sealed class MuxLink : IMessageSink
{
    // Of each tunnel so many bytes may be on their way here. With many tunnels less, so that even if nobody reads memory has a bound.
    private const int WideWindow = 1024 * 1024;
    private const int NarrowWindow = 256 * 1024;
    private const int FewTunnels = 64;

    private readonly RelaySocket _socket;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, MuxTunnel> _tunnels = [];
    private uint _last;
    private bool _isEnded;

    // Receive loop only.
    private readonly TunnelFrameReader _reader = new();

    public MuxLink(RelaySocket socket, ILogger logger) => (_socket, _logger) = (socket, logger);

    public FrameSender Sender => _socket.Sender;

    public int Tunnels
    {
        get
        {
            lock (_gate) return _tunnels.Count;
        }
    }

    /// <summary>Whether it opens no tunnels any more.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate) return _isEnded;
        }
    }

    /// <summary>Reads until the socket ends, and breaks off the tunnels that are left.</summary>
    public async Task<SocketEnd> RunAsync()
    {
        var end = await _socket.ReceiveAsync(this);
        MuxTunnel[] left;
        lock (_gate)
        {
            _isEnded = true;
            left = [.. _tunnels.Values];
            _tunnels.Clear();
        }

        _socket.Dispose();
        foreach (var tunnel in left) tunnel.Lost(end.Why);
        return end;
    }

    public void Abort(string why) => _socket.Abort(why);

    /// <summary>Opens a tunnel; null when the link has ended.</summary>
    public async Task<TunnelAnswer?> TryOpenAsync(TunnelTarget target, ITunnelOutput output, CancellationToken cancel)
    {
        MuxTunnel tunnel;
        lock (_gate)
        {
            if (_isEnded) return null;
            if (_last == uint.MaxValue)
            {
                // Out of numbers: the next link begins anew.
                _isEnded = true;
                Abort("all numbers of tunnels are used");
                return null;
            }

            var window = _tunnels.Count < FewTunnels ? WideWindow : NarrowWindow;
            tunnel = new(this, ++_last, new ReceiveCredit(window), output);
            _tunnels.Add(tunnel.Stream, tunnel);
            tunnel.SendOpen(target);
        }

        using var given = cancel.UnsafeRegister(static tunnel => ((MuxTunnel)tunnel!).Break(), tunnel);
        return await tunnel.Answer;
    }

    public void Forget(uint stream)
    {
        lock (_gate) _tunnels.Remove(stream);
    }

    public string? OnPayload(ReadOnlySpan<byte> payload, bool endsMessage)
    {
        if (!_reader.TryRead(payload, endsMessage, out var frame, out var fault)) return fault;
        if (frame.Type == TunnelFrameType.Ping)
        {
            Span<byte> pong = stackalloc byte[TunnelFrames.HeaderSize + TunnelFrames.PingSize];
            Sender.Post(Opcode.Binary, pong[..TunnelFrames.WritePing(pong, TunnelFrameType.Pong, frame.Number)]);
            return null;
        }

        if (frame.Type == TunnelFrameType.Pong) return null;
        MuxTunnel? tunnel;
        lock (_gate)
        {
            if (!_tunnels.TryGetValue(frame.Stream, out tunnel)) return frame.Stream <= _last ? null : "a frame of a tunnel that was never opened";
        }

        return frame.Type switch
        {
            TunnelFrameType.Opened => tunnel.Opened(frame.Number),
            TunnelFrameType.Refused => tunnel.Refused((int)frame.Number, frame.Text!),
            TunnelFrameType.Data => tunnel.Data(frame.Data),
            TunnelFrameType.Credit => tunnel.Credit(frame.Number),
            TunnelFrameType.End => tunnel.Ended(),
            TunnelFrameType.Reset => Reset(tunnel, (TunnelReset)frame.Number),
            _ => "a frame that only a client sends",
        };
    }

    // Streams have credit: nothing that they do holds up the socket.
    public ValueTask ReadyAsync() => default;

    private string? Reset(MuxTunnel tunnel, TunnelReset reason)
    {
        ProxyLog.TunnelReset(_logger, tunnel.Stream, reason);
        tunnel.Lost(reason.ToString());
        return null;
    }
}
