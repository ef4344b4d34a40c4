using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Relay.WebSockets;

/// <summary>Reads pings, pongs and close frames.</summary>
internal static class ControlFrames
{
    /// <summary>Takes a control frame off the input; <see cref="ReadStatus.NeedMore"/> when it is not all there yet.</summary>
    public static ReadStatus Read(ref ReadOnlySequence<byte> input, in FrameHeader header, out IncomingFrame frame)
    {
        frame = default;
        if (input.Length - header.Size < header.PayloadLength) return ReadStatus.NeedMore;
        var payload = TakePayload(ref input, header);
        frame = header.Opcode switch
        {
            Opcode.Ping => IncomingFrame.Ping(payload),
            Opcode.Pong => IncomingFrame.Pong(payload),
            _ => Close(payload),
        };
        return frame.Kind;
    }

    /// <summary>The payload of a frame that is all there, in an array of its own.</summary>
    public static byte[] TakePayload(ref ReadOnlySequence<byte> input, in FrameHeader header)
    {
        var length = (int)header.PayloadLength;
        var payload = length == 0 ? [] : GC.AllocateUninitializedArray<byte>(length);
        var first = input.FirstSpan;
        if (first.Length - header.Size >= length)
            Masking.Apply(first.Slice(header.Size, length), payload, header.MaskKey, 0);
        else
            Masking.Apply(input.Slice(header.Size, length), payload, header.MaskKey, 0);
        input = input.Slice(header.Size + length);
        return payload;
    }

    private static IncomingFrame Close(byte[] payload)
    {
        if (payload.Length == 0) return IncomingFrame.Close(CloseCodes.NoStatus, "");
        var code = (payload[0] << 8) | payload[1];
        if (!CloseCodes.MayBeSent(code)) return IncomingFrame.Violation(CloseCodes.ProtocolError, "a close code that may not be sent");
        var reason = payload.AsSpan(2);
        return Utf8.IsValid(reason)
            ? IncomingFrame.Close(code, Encoding.UTF8.GetString(reason))
            : IncomingFrame.Violation(CloseCodes.InvalidPayload, "a close reason that is not UTF-8");
    }
}
