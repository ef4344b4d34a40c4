using System.Buffers;
using System.Text.Unicode;

namespace Relay.WebSockets;

/// <summary>
/// Turns bytes into messages and control frames (RFC 6455) and does nothing else: no I/O, no waiting.
/// What a text message's bytes make impossible, what a header forbids and what it announces beyond the limit ends the reading at once.
/// </summary>
internal sealed class FrameReader : IFrameReader
{
    private readonly bool _expectMasked;
    private readonly int _maxMessageBytes;

    // The message in pieces: its opcode (Continuation: there is none) and what of it has come.
    private Opcode _message;
    private MessageBuffer _buffer;
    private Utf8Validator _utf8;

    // The data frame whose payload is not all there yet.
    private FrameHeader _frame;
    private long _taken;
    private bool _insideFrame;

    public FrameReader(long maxMessageBytes, bool expectMasked = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxMessageBytes);
        _maxMessageBytes = (int)Math.Min(maxMessageBytes, Array.MaxLength);
        _expectMasked = expectMasked;
    }

    public bool IsFinished { get; private set; }

    public ReadStatus TryRead(ref ReadOnlySequence<byte> input, out IncomingFrame frame)
    {
        frame = default;
        if (IsFinished)
        {
            input = input.Slice(input.End);
            return ReadStatus.NeedMore;
        }

        while (true)
        {
            if (!_insideFrame)
            {
                if (!TryReadHeader(in input, out var header, out frame)) return frame.Kind;
                if (header.IsControl) return ReadControl(ref input, header, out frame);
                if (header.Fin && _message == Opcode.Continuation && input.Length - header.Size >= header.PayloadLength)
                    return ReadWhole(ref input, header, out frame);
                Begin(header);
                input = input.Slice(header.Size);
            }

            if (!TryTakePayload(ref input, out frame)) return frame.Kind;
            if (_frame.Fin) return Finish(out frame);
        }
    }

    /// <summary>False with a violation in <paramref name="frame"/>, or with nothing in it when more bytes are needed.</summary>
    private bool TryReadHeader(in ReadOnlySequence<byte> input, out FrameHeader header, out IncomingFrame frame)
    {
        frame = default;
        if (!FrameHeader.TryParse(in input, _expectMasked, out header, out var fault))
        {
            if (fault is not null) Violate(CloseCodes.ProtocolError, fault, out frame);
            return false;
        }

        if (header.IsControl) return true;
        var continues = header.Opcode == Opcode.Continuation;
        if (continues != (_message != Opcode.Continuation))
        {
            Violate(CloseCodes.ProtocolError, continues ? "a continuation of nothing" : "a new message inside a fragmented one", out frame);
            return false;
        }

        if (header.PayloadLength <= _maxMessageBytes - _buffer.Count) return true;
        Violate(CloseCodes.MessageTooBig, "a message over the limit", out frame);
        return false;
    }

    private ReadStatus ReadControl(ref ReadOnlySequence<byte> input, in FrameHeader header, out IncomingFrame frame)
    {
        var status = ControlFrames.Read(ref input, header, out frame);
        if (status is not (ReadStatus.Close or ReadStatus.Violation)) return status;
        IsFinished = true;
        _buffer = default;
        return status;
    }

    /// <summary>The usual case: the message is one frame and all of it is here.</summary>
    private ReadStatus ReadWhole(ref ReadOnlySequence<byte> input, in FrameHeader header, out IncomingFrame frame)
    {
        var isText = header.Opcode == Opcode.Text;
        var payload = ControlFrames.TakePayload(ref input, header);
        if (isText && !Utf8.IsValid(payload)) return Violate(CloseCodes.InvalidPayload, "text that is not UTF-8", out frame);
        frame = IncomingFrame.Message(payload, isText);
        return ReadStatus.Message;
    }

    private void Begin(in FrameHeader header)
    {
        if (header.Opcode != Opcode.Continuation)
        {
            _message = header.Opcode;
            _utf8.Reset();
        }

        _frame = header;
        _taken = 0;
        _insideFrame = true;
    }

    /// <summary>True when the frame's payload is all taken; false with a violation in <paramref name="frame"/>, or with nothing in it.</summary>
    private bool TryTakePayload(ref ReadOnlySequence<byte> input, out IncomingFrame frame)
    {
        frame = default;
        var left = (int)(_frame.PayloadLength - _taken);
        var count = (int)Math.Min(left, input.Length);
        if (count > 0)
        {
            var most = _frame.Fin ? _buffer.Count + left : _maxMessageBytes;
            var room = _buffer.Append(count, most);
            Masking.Apply(input.Slice(0, count), room, _frame.MaskKey, _taken);
            input = input.Slice(count);
            _taken += count;
            if (_message == Opcode.Text && !_utf8.TryAppend(room))
            {
                Violate(CloseCodes.InvalidPayload, "text that is not UTF-8", out frame);
                return false;
            }
        }

        _insideFrame = count < left;
        return !_insideFrame;
    }

    private ReadStatus Finish(out IncomingFrame frame)
    {
        var isText = _message == Opcode.Text;
        if (isText && !_utf8.IsComplete) return Violate(CloseCodes.InvalidPayload, "text that ends inside a character", out frame);
        frame = IncomingFrame.Message(_buffer.Detach(), isText);
        _message = Opcode.Continuation;
        return ReadStatus.Message;
    }

    private ReadStatus Violate(int code, string reason, out IncomingFrame frame)
    {
        IsFinished = true;
        _buffer = default;
        frame = IncomingFrame.Violation(code, reason);
        return ReadStatus.Violation;
    }
}
