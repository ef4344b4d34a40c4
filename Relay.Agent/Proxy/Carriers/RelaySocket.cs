using System.Buffers.Binary;
using Relay.WebSockets;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>What takes the messages of a <see cref="RelaySocket"/>; called on its receive loop.</summary>
internal interface IMessageSink
{
    /// <summary>Takes a part of a binary message. Gives what is wrong with it, or null.</summary>
    string? OnPayload(ReadOnlySpan<byte> payload, bool endsMessage);

    /// <summary>Completes when more can be taken. While it does not, nothing is read, and the relay's silence does not count.</summary>
    ValueTask ReadyAsync();
}

/// <summary>How a <see cref="RelaySocket"/> ended.</summary>
/// <param name="Code">The relay's close code, <see cref="CloseCodes.Abnormal"/> without a close frame.</param>
/// <param name="Why">In words for a log.</param>
internal readonly record struct SocketEnd(int Code, string Why);

/// <summary>
/// The client's end of a WebSocket for bytes: what is sent is masked where it lies, many small frames share one write, and payload is handed
/// on from the memory it was received in, without waiting for a message's end.
/// </summary>
internal sealed class RelaySocket : IDisposable
{
    private const int ReceiveBytes = 128 * 1024;

    // A ping after so long a silence, the end after so long: a dead link is noticed within 20 s, a sweep's interval included.
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(16);
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(2);

    private readonly Stream _stream;
    private readonly byte[] _early;
    private readonly TimeProvider _time;
    private readonly FrameSender _sender;
    private readonly ITimer _sweep;

    // Receive loop only.
    private FrameHeader _frame;
    private long _left;
    private bool _insideFrame;

    private long _lastHeard;
    private volatile bool _paused;
    private string? _aborted;

    public RelaySocket(Upgraded upgraded, TimeProvider time, bool countsWhileSending)
    {
        (_stream, _early, _time) = (upgraded.Stream, upgraded.Early, time);
        _sender = new(upgraded.Stream, masked: !upgraded.IsPrivate, Abort);
        _lastHeard = time.GetTimestamp();
        _sweep = time.CreateTimer(_ => Check(countsWhileSending), null, Sweep, Sweep);
    }

    public FrameSender Sender => _sender;

    /// <summary>Reads until the socket ends.</summary>
    public async Task<SocketEnd> ReceiveAsync(IMessageSink sink)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
        _early.CopyTo(buffer, 0);
        var count = _early.Length;
        try
        {
            while (true)
            {
                if (Take(buffer.AsSpan(0, count), sink, out var used) is { } end) return end;
                buffer.AsSpan(used, count - used).CopyTo(buffer);
                count -= used;
                var ready = sink.ReadyAsync();
                if (!ready.IsCompletedSuccessfully)
                {
                    _paused = true;
                    await ready;
                    Volatile.Write(ref _lastHeard, _time.GetTimestamp());
                    _paused = false;
                }

                var read = await _stream.ReadAsync(buffer.AsMemory(count));
                if (read == 0) return new(CloseCodes.Abnormal, _aborted ?? "the connection ended");
                count += read;
                Volatile.Write(ref _lastHeard, _time.GetTimestamp());
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return new(CloseCodes.Abnormal, _aborted ?? (e.InnerException ?? e).Message);
        }
    }

    /// <summary>Cuts the connection. Any thread, any number of times.</summary>
    public void Abort(string why)
    {
        if (Interlocked.CompareExchange(ref _aborted, why, null) is not null) return;
        Dispose();
    }

    public void Dispose()
    {
        _sweep.Dispose();
        _stream.Dispose();
        _sender.Fail();
    }

    private void Check(bool countsWhileSending)
    {
        if (_paused || (!countsWhileSending && _sender.IsStuck)) Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        var silence = _time.GetElapsedTime(Volatile.Read(ref _lastHeard));
        if (silence >= DeadAfter) Abort($"the relay was silent for {silence.TotalSeconds:0} s");
        else if (silence >= PingAfter) _sender.Post(Opcode.Ping, []);
    }

    /// <summary>Takes what it can of the bytes.</summary>
    private SocketEnd? Take(ReadOnlySpan<byte> bytes, IMessageSink sink, out int used)
    {
        used = 0;
        while (true)
        {
            if (!_insideFrame)
            {
                if (!FrameHeader.TryParse(bytes[used..], expectMasked: false, out var header, out var fault)) return fault is null ? null : Broken(fault);
                if (header.IsControl)
                {
                    if (bytes.Length - used - header.Size < header.PayloadLength) return null;
                    var payload = bytes.Slice(used + header.Size, (int)header.PayloadLength);
                    used += header.Size + payload.Length;
                    if (TakeControl(header.Opcode, payload) is { } end) return end;
                    continue;
                }

                if (header.Opcode == Opcode.Text) return Broken("a text message");
                used += header.Size;
                (_frame, _left, _insideFrame) = (header, header.PayloadLength, true);
            }

            var part = bytes.Slice(used, (int)Math.Min(_left, bytes.Length - used));
            if (part.IsEmpty && _left > 0) return null;
            used += part.Length;
            _left -= part.Length;
            _insideFrame = _left > 0;
            if (sink.OnPayload(part, !_insideFrame && _frame.Fin) is { } wrong) return Broken(wrong);
        }
    }

    private SocketEnd? TakeControl(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        if (opcode == Opcode.Ping) _sender.Post(Opcode.Pong, payload);
        if (opcode != Opcode.Close) return null;
        return payload.Length < 2
            ? new(CloseCodes.NoStatus, "the relay closed")
            : new(BinaryPrimitives.ReadUInt16BigEndian(payload), $"the relay closed with {BinaryPrimitives.ReadUInt16BigEndian(payload)} {System.Text.Encoding.UTF8.GetString(payload[2..])}".TrimEnd());
    }

    private static SocketEnd Broken(string fault) => new(CloseCodes.Abnormal, $"the relay sent {fault}");
}
