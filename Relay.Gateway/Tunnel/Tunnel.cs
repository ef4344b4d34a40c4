using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Relay.Core.Telemetry;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>
/// One tunnel: the connection to the target, and what passes between it and the client. Bytes of the client are given to the target at once where
/// it takes them, and are held where it does not; bytes of the target are read only when the client takes them.
/// </summary>
internal sealed partial class Tunnel(ITunnelCarrier carrier, TunnelTarget target, TunnelAccount account, TunnelParts parts)
{
    // What one read of the target takes at the most.
    private const int BufferBytes = 128 * 1024;

    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly long _began = parts.Time.GetTimestamp();

    // Under the lock.
    private HeldBytes _held = new();
    private Socket? _socket;
    private bool _writing;
    private bool _clientEnded;
    private bool _sentEnd;
    private bool _targetEnded;
    private bool _ended;
    private TaskCompletionSource? _drained;

    private long _up;
    private long _down;
    private bool _moved;
    private EndPoint? _address;
    private string _name = "";
    private Activity? _dial;
    private TimeSpan? _stillSince;

    /// <summary>Bytes of the client that the target has not taken.</summary>
    public int Held
    {
        get
        {
            lock (_gate) return _held.Count;
        }
    }

    /// <summary>Ends when the tunnel has ended.</summary>
    public Task Over => _over.Task;

    /// <summary>Connects and carries the target's bytes.</summary>
    public async Task RunAsync()
    {
        try
        {
            var began = parts.Counters.Dials.Begin(parts.Time);
            var dialed = await parts.Dialer.DialAsync(account.Who.Tenant, target, _cancel.Token);
            parts.Counters.Dials.End(parts.Time, began, dialed.Socket is null ? "failed" : "connected");
            Volatile.Write(ref _dial, dialed.Span);
            if (dialed.Socket is { } socket) await CarryAsync(socket);
            else Refuse(dialed.Status, dialed.Text);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            End(TunnelEnd.TargetLost);
        }
        finally
        {
            // Also when it failed, which is a bug of ours: the user's place must not stay taken.
            End(TunnelEnd.TargetLost);
        }
    }

    /// <summary>Ends the tunnel. Any thread; the first reason counts.</summary>
    public void End(TunnelEnd why)
    {
        if (TryEnd(why == TunnelEnd.Finished) is not { } wasOpen) return;
        if (wasOpen)
        {
            parts.Counters.CountEnded(why);
            parts.Events.Closed(account.Who, _name, Volatile.Read(ref _up), Volatile.Read(ref _down), why);
            using var line = RelayTrace.Within(_dial);
            parts.Log.Ended(account.Who, carrier.ConnectionId, target, _address, Volatile.Read(ref _up), Volatile.Read(ref _down), parts.Time.GetElapsedTime(_began), why);
        }

        Fold();
        account.Close();
        carrier.Ended(why);
        _over.TrySetResult();
    }

    /// <summary>Keeps the idle clock. The sweep only.</summary>
    public void Sweep(TimeSpan now)
    {
        Fold();
        if (Volatile.Read(ref _moved) || _stillSince is null) _stillSince = now;
        Volatile.Write(ref _moved, false);
        if (_address is not null && now - _stillSince >= parts.IdleTimeout) End(TunnelEnd.Idle);
    }

    private void Fold() => account.Fold(Volatile.Read(ref _up), Volatile.Read(ref _down));

    // Null when it had ended before; else whether it was open.
    private bool? TryEnd(bool inOrder)
    {
        Socket? socket;
        lock (_gate)
        {
            if (_ended) return null;
            _ended = true;
            socket = _socket;
            parts.Counters.CountHeld(-_held.Count);
            _held.Clear();
            _drained?.TrySetResult();
        }

        _cancel.Cancel();
        if (socket is null) return false;
        try
        {
            // Broken off on one side, it is to be seen as broken off on the other.
            if (!inOrder) socket.LingerState = new(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }

        socket.Dispose();
        return true;
    }

    private void Refuse(int status, string text)
    {
        lock (_gate)
        {
            if (_ended) return;
        }

        parts.Counters.CountRefused(status);
        using (RelayTrace.Within(_dial)) parts.Log.Refused(account.Who, carrier.ConnectionId, target.ToString(), status, text);
        carrier.Refused(status, text);
        End(TunnelEnd.Finished);
    }

    private async Task CarryAsync(Socket socket)
    {
        bool begins, ends;
        lock (_gate)
        {
            if (_ended)
            {
                socket.Dispose();
                return;
            }

            _address = socket.RemoteEndPoint;
            parts.Counters.CountOpened();
            _name = parts.Events.Opened(account.Who);
            carrier.Opened();
            _socket = socket;
            begins = _writing = _held.Count > 0;
            ends = _clientEnded && !begins;
        }

        if (begins) _ = WriteHeldAsync(socket);
        if (ends) PassEnd();
        await ReadTargetAsync(socket);
        await _over.Task;
    }

    private async Task ReadTargetAsync(Socket socket)
    {
        byte[]? buffer = null;
        try
        {
            while (await carrier.CreditAsync().ConfigureAwait(false) is > 0 and var credit)
            {
                if (buffer is null)
                {
                    await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                    buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                }

                var asked = Math.Min(credit, buffer.Length - ITunnelCarrier.Headroom);
                var count = socket.Receive(buffer.AsSpan(ITunnelCarrier.Headroom, asked), SocketFlags.None, out var error);
                if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
                if (error == SocketError.Success && count == 0)
                {
                    EndOfTarget();
                    return;
                }

                if (count > 0)
                {
                    var wait = Count(ref _down, count);
                    parts.Counters.CountDown(count);
                    if (!await carrier.SendAsync(buffer, ITunnelCarrier.Headroom, count).ConfigureAwait(false)) End(TunnelEnd.ClientGone);
                    if (wait > TimeSpan.Zero) await Task.Delay(wait, parts.Time).ConfigureAwait(false);
                }

                // A short read took all that there was: nothing is held while the target is silent.
                if (count == asked) continue;
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = null;
            }
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void EndOfTarget()
    {
        carrier.TargetEnded();
        lock (_gate)
        {
            _targetEnded = true;
            if (!_sentEnd) return;
        }

        End(TunnelEnd.Finished);
    }

    private TimeSpan Count(ref long direction, int bytes)
    {
        Volatile.Write(ref direction, direction + bytes);
        Volatile.Write(ref _moved, true);
        if (account.Take(bytes) is { } wait) return wait;
        End(TunnelEnd.Quota);
        return TimeSpan.Zero;
    }
}

/// <summary>What tunnels share.</summary>
internal sealed record TunnelParts(TunnelDialer Dialer, TunnelAccounts Accounts, TunnelCounters Counters, TunnelLog Log, TunnelEvents Events, TimeProvider Time, TimeSpan IdleTimeout, int WindowBytes, bool RequiresUser);
