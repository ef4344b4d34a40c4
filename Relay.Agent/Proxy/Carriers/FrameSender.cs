using System.Threading.Tasks.Sources;
using Relay.WebSockets;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>A tunnel's place in the line of those that send; one send at a time.</summary>
internal sealed class SendPlace : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    public SendBuffer Buffer { get; set; } = null!;

    public int Start { get; set; }

    public int End { get; set; }

    public ValueTask Begin()
    {
        _core.Reset();
        return new(this, _core.Version);
    }

    public void Complete(Exception? fault)
    {
        if (fault is null) _core.SetResult(true);
        else _core.SetException(fault);
    }

    public void GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>
/// Writes frames to the relay, one write at a time. Small frames wait in one buffer and go out together; data waits in the memory it was received
/// in, and its sender with it. Whoever finds nobody writing writes.
/// </summary>
internal sealed class FrameSender(Stream stream, bool masked, Action<string> abort)
{
    /// <summary>Payload up to this length is copied: cheaper than a write of its own.</summary>
    private const int Small = 4 * 1024;

    // More than this of small frames waits only when the relay does not read: data then waits its turn.
    private const int SmallBytes = 64 * 1024;

    // And more than this of what cannot wait (ends, credits, pongs) is a relay that asks for answers and takes none.
    private const int MostSmallBytes = 4 * 1024 * 1024;

    private static readonly IOException Ended = new("The connection to the relay has ended.");

    private readonly Lock _gate = new();
    private readonly Queue<SendPlace> _line = new();
    private byte[] _small = new byte[1024];
    private byte[] _spare = new byte[1024];
    private int _smallCount;
    private TaskCompletionSource? _idle;
    private bool _isWriting;
    private bool _isEnded;
    private long _written;

    // The sweep only.
    private long _seen;

    /// <summary>Whether a write has been under way since the last look: the relay does not take what it is sent.</summary>
    public bool IsStuck
    {
        get
        {
            var (writing, written) = (Volatile.Read(ref _isWriting), Volatile.Read(ref _written));
            var stuck = writing && written == _seen;
            _seen = written;
            return stuck;
        }
    }

    /// <summary>Sends a small binary message, or a control frame, as soon as a write begins.</summary>
    public void Post(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_isEnded) return;
            if (_smallCount < MostSmallBytes)
            {
                Append(opcode, payload);
                if (_isWriting) return;
                _isWriting = true;
            }
            else
            {
                _isEnded = true;
            }
        }

        if (_isEnded) abort("the relay takes nothing");
        else _ = WriteAsync();
    }

    /// <summary>Sends a binary message: <paramref name="head"/> bytes before the data in the buffer, and the data. Completes when the memory is free again.</summary>
    public ValueTask SendAsync(SendPlace place, SendBuffer buffer, int head, int count)
    {
        var start = SendBuffer.HeaderRoom - head;
        var length = head + count;
        ValueTask sent = default;
        lock (_gate)
        {
            if (_isEnded) return ValueTask.FromException(Ended);
            if (length <= Small && _smallCount + length < SmallBytes)
            {
                Append(Opcode.Binary, buffer.Bytes.AsSpan(start, length));
            }
            else
            {
                var key = Key();
                var header = FrameWriter.HeaderSize(length) + sizeof(uint);
                FrameWriter.WriteMaskedHeader(buffer.Bytes.AsSpan(start - header), Opcode.Binary, length, key);
                if (masked) Masking.Apply(buffer.Bytes.AsSpan(start, length), buffer.Bytes.AsSpan(start, length), key, 0);
                (place.Buffer, place.Start, place.End) = (buffer, start - header, start + length);
                sent = place.Begin();
                _line.Enqueue(place);
            }

            if (_isWriting) return sent;
            _isWriting = true;
        }

        _ = WriteAsync();
        return sent;
    }

    /// <summary>Completes when all that was posted has been written, or nothing is sent any more.</summary>
    public Task WrittenAsync()
    {
        lock (_gate)
        {
            if (!_isWriting || _isEnded) return Task.CompletedTask;
            _idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Nothing is sent any more: whoever waits is told so.</summary>
    public void Fail()
    {
        List<SendPlace> waiting;
        lock (_gate)
        {
            _isEnded = true;
            waiting = [.. _line];
            _line.Clear();
            _idle?.TrySetResult();
        }

        foreach (var place in waiting) place.Complete(Ended);
    }

    // Between loopback ends and under TLS nobody can be tricked by unmasked bytes: the key is zero there, and masking is not done.
    private uint Key() => masked ? (uint)Random.Shared.NextInt64() : 0;

    private void Append(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        var needed = _smallCount + FrameHeader.MaxBytes + payload.Length;
        if (needed > _small.Length) Array.Resize(ref _small, Math.Max(needed, 2 * _small.Length));
        _smallCount += FrameWriter.WriteMasked(_small.AsSpan(_smallCount), opcode, payload, Key());
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            SendPlace? place;
            int count;
            byte[] small;
            lock (_gate)
            {
                _line.TryDequeue(out place);
                (count, small) = (_smallCount, _small);
                if (place is null && (count == 0 || _isEnded))
                {
                    _isWriting = false;
                    _idle?.TrySetResult();
                    return;
                }

                if (count > 0) (_small, _spare, _smallCount) = (_spare, _small, 0);
            }

            Exception? fault = null;
            try
            {
                if (count > 0) await stream.WriteAsync(small.AsMemory(0, count));
                if (place is not null) await stream.WriteAsync(place.Buffer.Bytes.AsMemory(place.Start, place.End - place.Start));
                _written++;
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                fault = e;
            }

            place?.Complete(fault is null ? null : Ended);
            if (fault is not null) abort((fault.InnerException ?? fault).Message);
        }
    }
}
