using System.Buffers;
using Relay.WebSockets;

namespace Relay.Gateway.WebSockets;

/// <summary>
/// Turns a client's data frames into the frames that a server sends, without looking into them: unmasked, otherwise as they are, fragments as
/// fragments. A frame that is longer than a piece, or not all there yet, passes in parts, so a frame may be of any length.
/// </summary>
internal sealed class PieceReader : IFrameReader
{
    /// <summary>The longest piece.</summary>
    public const int MaxPiece = 64 * 1024;

    // Shorter frames are gathered; copying them once more is cheaper than a piece for each.
    private const int Short = 2048;
    private const int Gathered = 32 * 1024;

    [ThreadStatic]
    private static byte[]? _scratch;

    private FrameHeader _frame;
    private long _taken;
    private bool _insideFrame;
    private bool _insideMessage;

    public bool IsFinished { get; private set; }

    public ReadStatus TryRead(ref ReadOnlySequence<byte> input, out IncomingFrame frame)
    {
        frame = default;
        if (IsFinished)
        {
            input = input.Slice(input.End);
            return ReadStatus.NeedMore;
        }

        if (_insideFrame) return ReadPart(ref input, headerSize: 0, out frame);
        var (gathered, messages) = (0, 0);
        while (true)
        {
            var parsed = FrameHeader.TryParse(in input, expectMasked: true, out var header, out var fault);
            if (parsed && !header.IsControl) fault = FaultOfOrder(header);
            if (gathered > 0 && (!parsed || fault is not null || !IsShort(header) || gathered + header.PayloadLength > Gathered - FrameWriter.MaxHeaderBytes || !IsHere(input, header)))
            {
                // What has been gathered first; what stopped it is met again by the next call.
                frame = IncomingFrame.Piece(_scratch.AsSpan(0, gathered).ToArray(), messages, endsInside: false);
                return ReadStatus.Piece;
            }

            if (fault is not null) return Violate(fault, out frame);
            if (!parsed) return ReadStatus.NeedMore;
            if (header.IsControl) return ReadControl(ref input, header, out frame);
            if (!IsShort(header) || !IsHere(input, header)) return Begin(ref input, header, out frame);
            gathered += Gather(ref input, header, gathered);
            if (header.Fin) messages++;
        }
    }

    private static bool IsShort(in FrameHeader header) => !header.IsControl && header.PayloadLength <= Short;

    private static bool IsHere(in ReadOnlySequence<byte> input, in FrameHeader header) => input.Length - header.Size >= header.PayloadLength;

    private string? FaultOfOrder(in FrameHeader header)
    {
        var continues = header.Opcode == Opcode.Continuation;
        if (continues == _insideMessage) return null;
        return continues ? "a continuation of nothing" : "a new message inside a fragmented one";
    }

    private int Gather(ref ReadOnlySequence<byte> input, in FrameHeader header, int at)
    {
        var room = (_scratch ??= new byte[Gathered]).AsSpan(at);
        var size = FrameWriter.WriteHeader(room, header.Opcode, header.PayloadLength, header.Fin);
        var length = (int)header.PayloadLength;
        var first = input.FirstSpan;
        if (first.Length - header.Size >= length) Masking.Apply(first.Slice(header.Size, length), room[size..], header.MaskKey, 0);
        else Masking.Apply(input.Slice(header.Size, length), room[size..], header.MaskKey, 0);
        input = input.Slice(header.Size + length);
        _insideMessage = !header.Fin;
        return size + length;
    }

    private ReadStatus Begin(ref ReadOnlySequence<byte> input, in FrameHeader header, out IncomingFrame frame)
    {
        (_frame, _taken, _insideFrame, _insideMessage) = (header, 0, true, !header.Fin);
        input = input.Slice(header.Size);
        return ReadPart(ref input, FrameWriter.HeaderSize(header.PayloadLength), out frame);
    }

    private ReadStatus ReadPart(ref ReadOnlySequence<byte> input, int headerSize, out IncomingFrame frame)
    {
        frame = default;
        var length = (int)Math.Min(Math.Min(_frame.PayloadLength - _taken, input.Length), MaxPiece - headerSize);
        if (length + headerSize == 0) return ReadStatus.NeedMore;
        var bytes = GC.AllocateUninitializedArray<byte>(headerSize + length);
        if (headerSize > 0) FrameWriter.WriteHeader(bytes, _frame.Opcode, _frame.PayloadLength, _frame.Fin);
        Masking.Apply(input.Slice(0, length), bytes.AsSpan(headerSize), _frame.MaskKey, _taken);
        input = input.Slice(length);
        _taken += length;
        _insideFrame = _taken < _frame.PayloadLength;
        frame = IncomingFrame.Piece(bytes, !_insideFrame && _frame.Fin ? 1 : 0, _insideFrame);
        return ReadStatus.Piece;
    }

    private ReadStatus ReadControl(ref ReadOnlySequence<byte> input, in FrameHeader header, out IncomingFrame frame)
    {
        var status = ControlFrames.Read(ref input, header, out frame);
        IsFinished = status is ReadStatus.Close or ReadStatus.Violation;
        return status;
    }

    private ReadStatus Violate(string reason, out IncomingFrame frame)
    {
        IsFinished = true;
        frame = IncomingFrame.Violation(CloseCodes.ProtocolError, reason);
        return ReadStatus.Violation;
    }
}
