using Relay.Gateway.WebSockets;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Connections;

/// <summary>A socket that a test works by hand: what arrives, and when what was written has left.</summary>
internal sealed class HandSocket : IFrameSocket
{
    private readonly Lock _gate = new();
    private readonly Queue<(ReadStatus Status, IncomingFrame Frame)> _arrived = new();
    private readonly List<(Opcode Opcode, byte[] Payload)> _written = [];
    private TaskCompletionSource<bool>? _waiting;
    private TaskCompletionSource<bool>? _flush;
    private bool _ended;

    /// <summary>Whether flushes wait for <see cref="Take"/>, as they do when the peer does not read.</summary>
    public bool IsStuck { get; set; }

    /// <summary>Runs inside each flush, on the flusher's stack.</summary>
    public Action OnFlush { get; set; } = static () => { };

    /// <summary>Whether writing throws, as a transport that is gone may.</summary>
    public bool IsBroken { get; set; }

    public int Flushes { get; private set; }

    public bool IsAborted { get; private set; }

    public bool IsReceiveEnded { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Whether it was disposed while a flush was under way, or written to afterwards.</summary>
    public bool WasMisused { get; private set; }

    public bool IsFlushing => _flush is not null;

    public IReadOnlyList<(Opcode Opcode, byte[] Payload)> Written
    {
        get
        {
            lock (_gate) return [.. _written];
        }
    }

    public IEnumerable<string> Texts => Written.Where(frame => frame.Opcode == Opcode.Text).Select(frame => System.Text.Encoding.UTF8.GetString(frame.Payload));

    public void Arrive(ReadStatus status, IncomingFrame frame)
    {
        TaskCompletionSource<bool>? waiting;
        lock (_gate)
        {
            _arrived.Enqueue((status, frame));
            (waiting, _waiting) = (_waiting, null);
        }

        Bare(() => waiting?.SetResult(true));
    }

    /// <summary>The peer's side ends. Who waits for input goes on at once, on this stack.</summary>
    public void End()
    {
        TaskCompletionSource<bool>? waiting;
        lock (_gate)
        {
            _ended = true;
            (waiting, _waiting) = (_waiting, null);
        }

        Bare(() => waiting?.SetResult(false));
    }

    /// <summary>The peer takes what the stuck flush sends.</summary>
    public void Take(bool sent = true)
    {
        var flush = _flush!;
        _flush = null;
        Bare(() => flush.SetResult(sent));
    }

    public void WriteFramed(ReadOnlySpan<byte> frames)
    {
        while (FrameHeader.TryParse(frames, expectMasked: false, out var header, out _))
        {
            Write(header.Opcode, frames.Slice(header.Size, (int)header.PayloadLength));
            frames = frames[(header.Size + (int)header.PayloadLength)..];
        }
    }

    public ValueTask<bool> WaitAsync(CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            if (_arrived.Count > 0) return new(true);
            if (_ended) return new(false);
            return new((_waiting = new()).Task);
        }
    }

    public ReadStatus TryRead(out IncomingFrame frame)
    {
        lock (_gate)
        {
            var found = _arrived.TryDequeue(out var next);
            frame = next.Frame;
            return found ? next.Status : ReadStatus.NeedMore;
        }
    }

    public void Write(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        WasMisused |= IsDisposed;
        if (IsBroken) throw new InvalidOperationException("The transport is gone.");
        lock (_gate) _written.Add((opcode, payload.ToArray()));
    }

    public ValueTask<bool> FlushAsync(CancellationToken cancellation = default)
    {
        Flushes++;
        OnFlush();
        WasMisused |= IsDisposed;
        if (IsAborted) return new(false);
        return IsStuck ? new((_flush = new()).Task) : new(true);
    }

    public void EndReceive() => IsReceiveEnded = true;

    public void Abort()
    {
        IsAborted = true;
        if (_flush is not null) Take(sent: false);
        End();
    }

    /// <summary>Runs without the test framework's context, which would move continuations to other threads.</summary>
    public static void Bare(Action action)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public ValueTask DisposeAsync()
    {
        WasMisused |= IsFlushing;
        IsDisposed = true;
        return default;
    }
}
