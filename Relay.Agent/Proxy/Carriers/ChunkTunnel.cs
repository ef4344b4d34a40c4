using System.Text;
using Relay.Agent.Proxy.Parsing;
using Relay.Core.Tunnel;
using Relay.WebSockets;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>A tunnel with a socket of its own, in chunks: what relays speak that do not know <c>relay.tunnel.v2</c>.</summary>
internal sealed class ChunkTunnel : ITunnel, IMessageSink
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    // So much may wait for the local client before the socket is not read any more.
    private const int MostWaiting = 256 * 1024;

    // A response's header block, with a refusal's body.
    private const int MostOfResponse = 16 * 1024;

    private readonly RelaySocket _socket;
    private readonly ITunnelOutput _output;
    private readonly ITimer _keepAlive;
    private readonly SendPlace _place = new();
    private readonly TaskCompletionSource<TunnelAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<int> _passedOn;

    // Receive loop only.
    private readonly ChunkReader _reader = new();
    private readonly List<byte> _response = [];
    private int _status;
    private int _refusalBytes;

    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private int _waiting;
    private bool _isLost;
    private bool _hasEnded;
    private bool _peerHasEnded;

    private ChunkTunnel(RelaySocket socket, ITunnelOutput output, TimeProvider time)
    {
        (_socket, _output, _passedOn) = (socket, output, PassedOn);
        _keepAlive = time.CreateTimer(_ => SendChunk([]), null, KeepAlive, KeepAlive);
    }

    /// <summary>Asks for a tunnel on a socket that was just opened.</summary>
    public static async Task<TunnelAnswer> OpenAsync(RelaySocket socket, string head, ITunnelOutput output, TimeProvider time, CancellationToken cancel)
    {
        var tunnel = new ChunkTunnel(socket, output, time);
        tunnel.SendChunk(Encoding.Latin1.GetBytes(head));
        _ = tunnel.RunAsync();
        using var given = cancel.UnsafeRegister(static tunnel => ((ChunkTunnel)tunnel!).Break(), tunnel);
        return await tunnel._answer.Task;
    }

    // TCP pushes back by itself: the socket's writes wait.
    public ValueTask<int> WaitForCreditAsync() => new(_isLost ? 0 : SendBuffer.Capacity);

    public ValueTask SendAsync(SendBuffer buffer, int count)
    {
        var head = TunnelChunk.HeaderSize(count);
        TunnelChunk.WriteHeader(buffer.Bytes.AsSpan(SendBuffer.HeaderRoom - head), count);
        return _socket.Sender.SendAsync(_place, buffer, head, count);
    }

    public void End()
    {
        lock (_gate)
        {
            if (_isLost || _hasEnded) return;
            _hasEnded = true;

            // Whoever sees that both have ended finds it sent.
            SendClose(CloseCodes.Normal);
        }

        CloseWhenEnded();
    }

    public void Break()
    {
        if (!TryLose()) return;
        SendClose(CloseCodes.GoingAway);
        _socket.Abort("the local client is gone");
        _answer.TrySetCanceled();
    }

    public string? OnPayload(ReadOnlySpan<byte> payload, bool endsMessage)
    {
        if (!_reader.TryRead(payload, endsMessage, out var data, out var fault)) return fault;
        if (_status == 200)
        {
            Write(data);
            return null;
        }

        _response.AddRange(data);
        return _response.Count > MostOfResponse ? "a response that does not end" : _status == 0 ? ReadResponse(_response.ToArray()) : FinishRefusal();
    }

    public ValueTask ReadyAsync()
    {
        lock (_gate)
        {
            if (_waiting < MostWaiting || _isLost) return default;
            _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_room.Task);
        }
    }

    private string? ReadResponse(byte[] response)
    {
        var length = HeaderBlock.Length(response);
        if (length < 0) return null;
        if (HeaderBlock.Read(response.AsSpan(0, length)) is not { } block) return "no HTTP response";
        var first = block.FirstLine.Split(' ', 3);
        var isResponse = first.Length >= 2 && first[0] is "HTTP/1.0" or "HTTP/1.1";
        if (!isResponse || !int.TryParse(first[1], out _status) || _status is not (200 or (>= 300 and <= 599))) return "no HTTP response";
        if (_status != 200)
        {
            _refusalBytes = int.TryParse(block.Values("Content-Length").FirstOrDefault(), out var body) ? length + body : int.MaxValue;
            return FinishRefusal();
        }

        _answer.TrySetResult(new(200, response.AsMemory(0, length), this));
        _response.Clear();
        if (response.Length > length) Write(response.AsSpan(length));
        return null;
    }

    // A refusal without a length ends with the socket.
    private string? FinishRefusal()
    {
        if (_response.Count < _refusalBytes) return null;
        SendClose(CloseCodes.Normal);
        return "all of its refusal";
    }

    private async Task RunAsync()
    {
        var end = await _socket.ReceiveAsync(this);
        var isInOrder = end.Code is CloseCodes.Normal or CloseCodes.NoStatus;
        if (_status is >= 300 && _response.Count <= MostOfResponse)
        {
            _answer.TrySetResult(new(_status, _response.ToArray(), null));
        }
        else if (_status != 200)
        {
            _answer.TrySetResult(new(502, ConnectReply.Refusal(502, $"The tunnel was lost before it was open: {end.Why}."), null));
        }
        else if (isInOrder)
        {
            lock (_gate) _peerHasEnded = true;
            _output.End();
            CloseWhenEnded();
            return;
        }

        if (TryLose() && _status == 200) _output.Break();
        Dispose();
    }

    private void Write(ReadOnlySpan<byte> data)
    {
        lock (_gate) _waiting += data.Length;
        _output.Write(data, _passedOn);
    }

    private void PassedOn(int bytes)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _waiting -= bytes;
            if (_waiting < MostWaiting) (room, _room) = (_room, null);
        }

        room?.SetResult();
    }

    private void SendChunk(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_hasEnded || _isLost) return;
        }

        Span<byte> chunk = stackalloc byte[data.Length + TunnelChunk.MaxHeader];
        var head = TunnelChunk.WriteHeader(chunk, data.Length);
        data.CopyTo(chunk[head..]);
        _socket.Sender.Post(Opcode.Binary, chunk[..(head + data.Length)]);
    }

    private void SendClose(int code)
    {
        Span<byte> payload = stackalloc byte[2];
        _socket.Sender.Post(Opcode.Close, payload[..FrameWriter.WriteClosePayload(payload, code)]);
    }

    private bool TryLose()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (_isLost || (_hasEnded && _peerHasEnded)) return false;
            _isLost = true;
            (room, _room) = (_room, null);
        }

        room?.SetResult();
        return true;
    }

    private void CloseWhenEnded()
    {
        lock (_gate)
        {
            if (!_hasEnded || !_peerHasEnded) return;
        }

        _ = CloseAsync();
    }

    // What is still being written is the end of what was sent: a relay that does not see it takes the tunnel for broken.
    private async Task CloseAsync()
    {
        await _socket.Sender.WrittenAsync();
        Dispose();
    }

    private void Dispose()
    {
        _keepAlive.Dispose();
        _socket.Dispose();
    }
}
