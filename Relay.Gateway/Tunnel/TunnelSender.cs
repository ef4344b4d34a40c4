using Relay.WebSockets;

namespace Relay.Gateway.Tunnel;

/// <summary>
/// What goes to the client on a tunnel's socket. Data waits for its turn and is sent from where it lies; what is small (answers, credit, pongs) is
/// posted, and leaves ahead of the next data. Nothing follows a close frame.
/// </summary>
internal sealed class TunnelSender(ITunnelWire wire)
{
    /// <summary>With more posted than this, whoever asks for answers has to wait.</summary>
    private const int MaxPosted = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private byte[] _posted = [];
    private int _count;
    private bool _closing;
    private byte[]? _pong;
    private long _sent;
    private volatile bool _progress;

    /// <summary>Bytes handed to the transport.</summary>
    public long Sent => Volatile.Read(ref _sent);

    public bool IsFull => Volatile.Read(ref _count) > MaxPosted;

    /// <summary>Whether the peer has taken something since the last call.</summary>
    public bool TakeProgress()
    {
        var progress = _progress;
        if (progress) _progress = false;
        return progress;
    }

    /// <summary>Sends a frame behind those that wait. False: nothing is sent any more.</summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> framed)
    {
        if (!_turn.Wait(0)) await _turn.WaitAsync().ConfigureAwait(false);
        bool sent;
        try
        {
            sent = await WritePostedAsync().ConfigureAwait(false) && !_closing && await WriteAsync(framed).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        Flush();
        return sent;
    }

    /// <summary>Sends a small message soon.</summary>
    public void Post(ReadOnlySpan<byte> payload) => Post(Opcode.Binary, payload, closes: false);

    public void Ping() => Post(Opcode.Ping, [], closes: false);

    /// <summary>Answers a ping; of several that wait only the last is answered.</summary>
    public void Pong(ReadOnlySpan<byte> payload)
    {
        lock (_gate) _pong = payload.ToArray();
        Flush();
    }

    /// <summary>Sends a close frame behind what was posted, and nothing after it.</summary>
    public void Close(int code, string reason)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlPayload];
        Post(Opcode.Close, payload[..FrameWriter.WriteClosePayload(payload, code, reason)], closes: true);
    }

    /// <summary>Ends when what was posted has been sent.</summary>
    public async ValueTask FlushAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await WritePostedAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        Flush();
    }

    private void Post(Opcode opcode, ReadOnlySpan<byte> payload, bool closes)
    {
        lock (_gate)
        {
            if (_closing) return;
            _closing = closes;
            Append(opcode, payload);
        }

        Flush();
    }

    private void Append(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        var needed = _count + FrameWriter.MaxHeaderBytes + payload.Length;
        if (_posted.Length < needed) Array.Resize(ref _posted, Math.Max(needed, Math.Max(256, _posted.Length * 2)));
        var header = FrameWriter.WriteHeader(_posted.AsSpan(_count), opcode, payload.Length);
        payload.CopyTo(_posted.AsSpan(_count + header));
        _count += header + payload.Length;
    }

    private void Flush()
    {
        while ((Volatile.Read(ref _count) > 0 || Volatile.Read(ref _pong) is not null) && _turn.Wait(0))
        {
            var sent = WritePostedAsync();
            if (!sent.IsCompleted)
            {
                _ = FinishAsync(sent);
                return;
            }

            _turn.Release();
        }
    }

    private async Task FinishAsync(ValueTask<bool> sent)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        Flush();
    }

    // Turn's holder only.
    private async ValueTask<bool> WritePostedAsync()
    {
        while (true)
        {
            byte[] bytes;
            int count;
            lock (_gate)
            {
                if (_pong is { } pong)
                {
                    _pong = null;
                    // A control frame of nobody's turn: behind a close frame nothing is sent.
                    if (!_closing) Append(Opcode.Pong, pong);
                }

                if (_count == 0) return true;
                (bytes, count) = (_posted, _count);
                (_posted, _count) = ([], 0);
            }

            if (!await WriteAsync(bytes.AsMemory(0, count)).ConfigureAwait(false)) return false;
        }
    }

    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = wire.SendAsync(bytes);
        var waited = !sending.IsCompleted;
        var sent = await sending.ConfigureAwait(false);
        Volatile.Write(ref _sent, _sent + bytes.Length);
        if (waited) _progress = true;
        if (!sent) wire.Abort();
        return sent;
    }
}
