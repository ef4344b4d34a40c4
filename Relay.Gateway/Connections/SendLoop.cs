using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;
using Relay.Gateway.WebSockets;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>
/// Empties a connection's outbox: whoever finds it idle runs it, writes all that is there and flushes once. It becomes a task
/// only while the peer does not take what it is sent.
/// </summary>
internal sealed class SendLoop(IFrameSocket socket, Outbox outbox, Connection connection, GatewayCounters counters) : IFlushable
{
    // What one flush takes at the most: enough to share the system call, little enough to see a slow peer's progress.
    private const int FlushBytes = 32 * 1024;

    private const int Idle = 0, Running = 1;

    // Until it begins it looks as if it were running, so that nobody else runs it.
    private int _state = Running;
    private int _pingWanted;
    private long _sent;
    private long _sentMessages;
    private byte[]? _pong;
    private ClosingFrames? _closing;
    private TaskCompletionSource? _ended;
    private volatile bool _hasEnded;
    private volatile bool _closed;
    private volatile bool _progress;

    private volatile bool _inside; // the last bytes written end inside a frame: until its rest has come no other frame may be sent

    private bool HasWork => !_closed && (!outbox.IsEmpty || Volatile.Read(ref _closing) is not null
            || (!_inside && (Volatile.Read(ref _pong) is not null || Volatile.Read(ref _pingWanted) != 0)));

    /// <summary>Whether all that there was has been sent, and it ends inside a frame whose rest the other end of a pipe has not sent yet: no ping can leave.</summary>
    public bool AwaitsRest => _inside && outbox.IsEmpty && Volatile.Read(ref _state) == Idle;

    /// <summary>Whether the loop will not touch the socket any more. Only after <see cref="Close"/>.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Ends when the loop will not touch the socket any more. Whoever wants to let go of the socket waits for it, also while another thread is closing.</summary>
    public Task Ended
    {
        get
        {
            var ended = Volatile.Read(ref _ended);
            if (ended is null)
            {
                var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                ended = Interlocked.CompareExchange(ref _ended, made, null) ?? made;
            }

            if (_hasEnded) ended.TrySetResult();
            return ended.Task;
        }
    }

    /// <summary>Bytes of frames handed to the transport so far.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Messages among them.</summary>
    public long SentMessages => Volatile.Read(ref _sentMessages);

    /// <summary>As <see cref="Connection.Begin"/>.</summary>
    public void Begin() => Run();

    /// <summary>Whether the peer has taken something that waited for it since the last call.</summary>
    public bool TakeProgress()
    {
        var progress = _progress;
        if (progress) _progress = false;
        return progress;
    }

    public void Send(Frame frame, Credit held)
    {
        outbox.Add(frame, held);
        if (!TurnScope.DeferFlush(this)) Flush();
    }

    /// <summary>Sends what goes to many connections: at once when the way is free, so that it costs no place in the outbox.</summary>
    public void Deliver(Frame framed)
    {
        if (outbox.IsEmpty && Interlocked.CompareExchange(ref _state, Running, Idle) == Idle)
        {
            // Whoever closes finds the loop running, and leaves the close to it.
            if (outbox.IsEmpty && !_closed && Volatile.Read(ref _closing) is null)
            {
                WriteNow(framed);
                return;
            }

            Run();
        }

        outbox.Add(framed, Credit.None);
        Flush();
    }

    /// <summary>Answers a ping; of several that wait only the last is answered (RFC 6455, 5.5.3).</summary>
    public void Pong(byte[] payload)
    {
        Volatile.Write(ref _pong, payload);
        if (!TurnScope.DeferFlush(this)) Flush();
    }

    public void Ping()
    {
        counters.PingSent();
        Volatile.Write(ref _pingWanted, 1);
        Flush();
    }

    /// <summary>Drops what waits, sends the error and the close frame behind the frame in progress, and nothing more. Call it once.</summary>
    /// <param name="error">The error frame, or null.</param>
    /// <param name="close">The close frame's payload; null when the peer is gone and nothing is sent.</param>
    public void Close(Frame? error, byte[]? close)
    {
        Volatile.Write(ref _closing, new(error, close));
        Flush();
        outbox.Close(connection);
    }

    public void Flush()
    {
        if (HasWork && Interlocked.CompareExchange(ref _state, Running, Idle) == Idle) Run();
    }

    private void WriteNow(Frame framed)
    {
        Put(framed);
        CountSent(framed.Framed, framed.Length);
        if (!TryFlush(out var flush))
        {
            socket.Abort();
        }
        else if (!flush.IsCompletedSuccessfully)
        {
            outbox.Passing(framed.Length);
            _ = ResumeAsync(flush, framed.Length, Credit.None);
            return;
        }
        else if (!flush.Result)
        {
            socket.Abort();
        }

        Run();
    }

    private void Run()
    {
        while (true)
        {
            while (HasWork)
            {
                var held = Write(out var cost);
                if (!SendOn(cost, held)) return;
            }

            Interlocked.Exchange(ref _state, Idle);
            if (!HasWork || Interlocked.CompareExchange(ref _state, Running, Idle) != Idle) return;
        }
    }

    // False: the peer does not take it yet, and the loop goes on when it has.
    private bool SendOn(int cost, Credit held)
    {
        if (!TryFlush(out var flush))
        {
            Flushed(false, cost, held);
        }
        else if (flush.IsCompletedSuccessfully)
        {
            Flushed(flush.Result, cost, held);
        }
        else
        {
            _ = ResumeAsync(flush, cost, held);
            return false;
        }

        return true;
    }

    private async Task ResumeAsync(ValueTask<bool> flush, int cost, Credit held)
    {
        var sent = false;
        try
        {
            sent = await flush.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // As in TryFlush.
        }

        _progress = true;
        using var scope = TurnScope.Enter();
        Flushed(sent, cost, held);
        Run();
    }

    // Whatever a transport throws is its end. Passing on, it would leave this loop running for ever, and hit a hub or a plugin that only wanted to answer.
    private bool TryFlush(out ValueTask<bool> flush)
    {
        try
        {
            flush = socket.FlushAsync();
            return true;
        }
        catch (Exception)
        {
            flush = default;
            return false;
        }
    }

    private void Put(Frame frame) => Put(frame.Framed != 0 ? null : frame.IsText ? Opcode.Text : Opcode.Binary, frame.Bytes);

    // Without an opcode the bytes are frames already.
    private void Put(Opcode? opcode, byte[] bytes)
    {
        try
        {
            if (opcode is { } kind) socket.Write(kind, bytes);
            else socket.WriteFramed(bytes);
        }
        catch (Exception)
        {
            // As in TryFlush; what follows goes nowhere.
            socket.Abort();
        }
    }

    // What the outbox gets back is not quite what is sent.
    private Credit Write(out int cost)
    {
        cost = 0;
        if (Volatile.Read(ref _closing) is { } closing)
        {
            while (outbox.TryTake(out var dropped, out _)) cost += dropped.Length + Outbox.ItemBytes;
            // A frame that was begun and whose rest is dropped cannot be followed by any other.
            if (_inside) socket.Abort();
            else WriteLast(closing);
            _closed = true;
            return Credit.None;
        }

        if (!_inside) WritePingAndPong();
        var (bytes, frames, messages, messageBytes) = (0, 0, 0, 0);
        while (bytes < FlushBytes && outbox.TryTake(out var frame, out var held))
        {
            Put(frame);
            _inside = frame.EndsInside;
            frames += frame.Framed switch { 0 => 1, < 0 => 0, var many => many };
            bytes += frame.Length;
            cost += frame.Length + Outbox.ItemBytes;
            messages += held.Messages;
            messageBytes += held.Bytes;
        }

        CountSent(frames, bytes);
        return new(messages, messageBytes);
    }

    private void CountSent(int messages, int bytes)
    {
        counters.Sent(messages, bytes);
        Volatile.Write(ref _sentMessages, _sentMessages + messages);
        Volatile.Write(ref _sent, _sent + bytes);
    }

    private void WriteLast(ClosingFrames closing)
    {
        if (closing.Error is { } error) Put(Opcode.Text, error.Bytes);
        if (closing.Close is { } payload) Put(Opcode.Close, payload);
    }

    private void WritePingAndPong()
    {
        if (Interlocked.Exchange(ref _pong, null) is { } pong) Put(Opcode.Pong, pong);
        if (Interlocked.Exchange(ref _pingWanted, 0) != 0) Put(Opcode.Ping, []);
    }

    private void Flushed(bool sent, int cost, Credit held)
    {
        if (!sent) socket.Abort();
        outbox.Left(cost, connection);
        connection.Sent(held);
        if (!_closed) return;
        _hasEnded = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _ended)?.TrySetResult();
    }

    private sealed record ClosingFrames(Frame? Error, byte[]? Close);
}
