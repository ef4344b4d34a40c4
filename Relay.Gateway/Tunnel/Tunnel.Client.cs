using System.Buffers;
using System.Net.Sockets;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>The client's direction.</summary>
internal sealed partial class Tunnel
{
    /// <summary>Takes bytes of the client. Receive loop only.</summary>
    /// <returns>How long to wait before more are taken.</returns>
    public TimeSpan Accept(ReadOnlySpan<byte> bytes)
    {
        Socket? socket;
        lock (_gate)
        {
            if (_ended) return TimeSpan.Zero;
            socket = _writing ? null : _socket;
        }

        var wait = Count(ref _up, bytes.Length);
        parts.Counters.CountUp(bytes.Length);
        var sent = socket is null ? 0 : TrySend(socket, bytes);
        if (sent > 0) carrier.Consumed(sent);
        if (sent < bytes.Length) Hold(bytes[sent..]);
        return wait;
    }

    /// <summary>The client's direction has ended.</summary>
    public void AcceptEnd()
    {
        lock (_gate)
        {
            if (_ended) return;
            _clientEnded = true;
            if (_writing || _socket is null) return;
        }

        PassEnd();
    }

    /// <summary>Ends when the target has taken what is held.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (_ended || _held.Count == 0) return Task.CompletedTask;
            _drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private void PassEnd()
    {
        lock (_gate)
        {
            if (_ended || _sentEnd) return;
            try
            {
                _socket!.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // The target is gone, which its reader finds as well.
            }

            _sentEnd = true;
            if (!_targetEnded) return;
        }

        End(TunnelEnd.Finished);
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_ended) return;
            _held.Add(bytes);
            parts.Counters.CountHeld(bytes.Length);
            if (_writing || _socket is null) return;
            _writing = true;
        }

        _ = WriteHeldAsync(_socket);
    }

    private async Task WriteHeldAsync(Socket socket)
    {
        try
        {
            while (TryTakeHeld(out var bytes))
            {
                var count = bytes.Count;
                for (var rest = bytes.AsMemory(); rest.Length > 0;) rest = rest[await socket.SendAsync(rest, SocketFlags.None).ConfigureAwait(false)..];
                ArrayPool<byte>.Shared.Return(bytes.Array!);
                Volatile.Write(ref _moved, true);
                carrier.Consumed(count);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            End(TunnelEnd.TargetLost);
        }
    }

    private bool TryTakeHeld(out ArraySegment<byte> bytes)
    {
        bool ends;
        lock (_gate)
        {
            bytes = default;
            if (_ended) return false;
            if (_held.Count > 0)
            {
                bytes = _held.Take();
                parts.Counters.CountHeld(-bytes.Count);
                return true;
            }

            _writing = false;
            _drained?.TrySetResult();
            _drained = null;
            ends = _clientEnded;
        }

        if (ends) PassEnd();
        return false;
    }

    private int TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = socket.Send(bytes, SocketFlags.None, out var error);
            if (error == SocketError.Success) return sent;
            if (error != SocketError.WouldBlock) End(TunnelEnd.TargetLost);
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }

        return 0;
    }
}
