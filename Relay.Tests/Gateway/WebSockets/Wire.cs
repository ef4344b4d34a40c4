using System.Buffers;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

/// <summary>Bytes as a client puts them on the wire, and what a reader makes of them, in words that can be compared.</summary>
internal static class Wire
{
    public static byte[] Text(string text, bool fin = true) => RawWebSocketClient.Frame(Opcode.Text, System.Text.Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Frame(Opcode opcode, byte[] payload, bool fin = true, int rsv = 0, bool mask = true) =>
        RawWebSocketClient.Frame(opcode, payload, fin, rsv, mask);

    public static byte[] Close(int code, string reason = "") =>
        Frame(Opcode.Close, [(byte)(code >> 8), (byte)code, .. System.Text.Encoding.UTF8.GetBytes(reason)]);

    public static byte[] Join(params byte[][] parts) => parts.SelectMany(part => part).ToArray();

    /// <summary>Feeds the pieces as a pipe would: what was not consumed comes again in front of the next, in segments of its own.</summary>
    public static List<string> Read(IFrameReader reader, IEnumerable<byte[]> pieces)
    {
        var outcome = new List<string>();
        var unread = new List<byte[]>();
        foreach (var piece in pieces)
        {
            unread.Add(piece);
            var input = Sequence(unread);
            while (reader.TryRead(ref input, out var frame) != ReadStatus.NeedMore) outcome.Add(Describe(frame));
            unread.Clear();
            foreach (var segment in input)
                if (!segment.IsEmpty) unread.Add(segment.ToArray());
        }

        return outcome;
    }

    public static List<string> Read(byte[] bytes, long limit = 65536) => Read(new FrameReader(limit), [bytes]);

    public static string Describe(in IncomingFrame frame) => frame.Kind switch
    {
        ReadStatus.NeedMore => "nothing",
        ReadStatus.Message => (frame.IsText ? "text " : "binary ") + Convert.ToHexString(frame.Payload),
        ReadStatus.Piece => $"piece {Convert.ToHexString(frame.Payload)}{(frame.EndsInside ? " …" : "")}",
        ReadStatus.Ping => "ping " + Convert.ToHexString(frame.Payload),
        ReadStatus.Pong => "pong " + Convert.ToHexString(frame.Payload),
        ReadStatus.Close => $"close {frame.CloseCode} {frame.Reason}".TrimEnd(),
        ReadStatus.Violation => $"violation {frame.CloseCode}",
    };

    public static ReadOnlySequence<byte> Sequence(IReadOnlyList<byte[]> segments)
    {
        if (segments.Count == 1) return new ReadOnlySequence<byte>(segments[0]);
        var first = new Segment(segments[0], null);
        var last = first;
        foreach (var bytes in segments.Skip(1)) last = new Segment(bytes, last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? before)
        {
            Memory = bytes;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
