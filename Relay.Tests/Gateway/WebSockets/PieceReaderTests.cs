using Relay.Gateway.WebSockets;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

/// <summary>What a client sends comes out as a server would have sent it, whatever pieces it comes in.</summary>
public class PieceReaderTests
{
    public static TheoryData<string, byte[], string[]> Faults => new()
    {
        { "a reserved bit", Wire.Frame(Opcode.Binary, [1], rsv: 4), ["violation 1002"] },
        { "no mask", Wire.Frame(Opcode.Binary, [1], mask: false), ["violation 1002"] },
        { "an unknown opcode", Wire.Frame((Opcode)3, [1]), ["violation 1002"] },
        { "a continuation of nothing", Wire.Frame(Opcode.Continuation, [1]), ["violation 1002"] },
        { "a message inside another", Wire.Join(Wire.Text("a", fin: false), Wire.Text("b")), ["piece 010161", "violation 1002"] },
        { "a long ping", Wire.Frame(Opcode.Ping, new byte[126]), ["violation 1002"] },
        { "a close code that may not be sent", Wire.Close(1005), ["violation 1002"] },
        { "a close reason that is not UTF-8", Wire.Frame(Opcode.Close, [3, 232, 255]), ["violation 1007"] },
        { "frames behind a close", Wire.Join(Wire.Close(1000, "bye"), Wire.Text("late")), ["close 1000 bye"] },
        { "a fault behind messages", Wire.Join(Wire.Text("a"), Wire.Text("b"), Wire.Frame((Opcode)3, [1])), ["piece 810161810162", "violation 1002"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void FaultsEndTheReading(string name, byte[] bytes, string[] expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, Wire.Read(new PieceReader(), [bytes]));
    }

    [Fact]
    public void SmallFramesAreGatheredAndControlFramesStandBetween()
    {
        var bytes = Wire.Join(
            Wire.Text("a"), Wire.Frame(Opcode.Binary, [1, 2]), Wire.Frame(Opcode.Binary, [], fin: false), Wire.Frame(Opcode.Continuation, []),
            Wire.Frame(Opcode.Ping, [7]), Wire.Text("€"));
        Assert.Equal(["piece 8101618202010202008000", "ping 07", "piece 8103E282AC"], Wire.Read(new PieceReader(), [bytes]));
    }

    [Fact]
    public void TextThatIsNotUtf8IsTheReadersAffair() => Assert.Equal(["piece 8101FF"], Wire.Read(new PieceReader(), [Wire.Frame(Opcode.Text, [0xFF])]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AStreamOfASeedPassesUnchangedHoweverItIsCut(int seed)
    {
        var random = new Random(seed);
        var (sent, expected, messages) = Stream(random, frames: 200);
        var reader = new PieceReader();
        var passed = new List<byte>();
        var (counted, controls, inside) = (0, 0, false);
        var unread = new List<byte[]>();
        for (var at = 0; at < sent.Length;)
        {
            var length = Math.Min(sent.Length - at, random.Next(8) switch { 0 => 1, 1 => random.Next(1, 20), 2 => 100_000, _ => random.Next(1, 5000) });
            unread.Add(sent[at..(at + length)]);
            at += length;
            var input = Wire.Sequence(unread);
            while (reader.TryRead(ref input, out var frame) != ReadStatus.NeedMore)
            {
                if (frame.Kind == ReadStatus.Ping)
                {
                    Assert.False(inside, "A control frame stood inside a frame.");
                    controls++;
                    continue;
                }

                Assert.Equal(ReadStatus.Piece, frame.Kind);
                Assert.InRange(frame.Payload.Length, 1, PieceReader.MaxPiece);
                passed.AddRange(frame.Payload);
                counted += frame.Messages;
                inside = frame.EndsInside;
            }

            unread.Clear();
            foreach (var segment in input)
                if (!segment.IsEmpty) unread.Add(segment.ToArray());
        }

        Assert.Equal(expected, passed);
        Assert.Equal((messages, false), (counted, inside));
        Assert.True(controls > 0);
    }

    // Masked frames of all kinds and lengths, and what has to come out.
    private static (byte[] Sent, List<byte> Expected, int Messages) Stream(Random random, int frames)
    {
        var (sent, expected, messages, open) = (new List<byte>(), new List<byte>(), 0, false);
        for (var i = 0; i < frames || open; i++)
        {
            if (random.Next(10) == 0) sent.AddRange(RawWebSocketClient.Frame(Opcode.Ping, [(byte)i]));
            var payload = new byte[random.Next(12) switch { 0 => 0, 1 => random.Next(65_000, 200_000), 2 => random.Next(126, 5000), 3 => 2048, _ => random.Next(0, 126) }];
            random.NextBytes(payload);
            var fin = random.Next(3) > 0;
            var opcode = open ? Opcode.Continuation : random.Next(2) == 0 ? Opcode.Text : Opcode.Binary;
            sent.AddRange(RawWebSocketClient.Frame(opcode, payload, fin));
            expected.AddRange(RawWebSocketClient.Frame(opcode, payload, fin, mask: false));
            open = !fin;
            if (fin) messages++;
        }

        return ([.. sent], expected, messages);
    }
}
