using System.Text;
using Relay.Core.Tunnel;

namespace Relay.Tests.Tunnel;

public class TunnelFrameTests
{
    private static readonly TunnelTarget Target = Parse("example.com:443");

    [Fact]
    public void EveryFrameIsReadAsItWasWrittenHoweverItIsCut()
    {
        (Func<byte[], int> Write, string Expected)[] frames =
        [
            (b => TunnelFrames.WriteOpen(b, 7, 1000, Target), "Open 7 1000 example.com:443"),
            (b => TunnelFrames.WriteOpened(b, 7, uint.MaxValue), "Opened 7 4294967295 "),
            (b => TunnelFrames.WriteRefused(b, uint.MaxValue, 403, "no rule ü"), "Refused 4294967295 403 no rule ü"),
            (b => TunnelFrames.WriteCredit(b, 1, 5), "Credit 1 5 "),
            (b => TunnelFrames.WriteEnd(b, 1), "End 1 0 "),
            (b => TunnelFrames.WriteReset(b, 1, TunnelReset.Quota), "Reset 1 2 "),
            (b => TunnelFrames.WritePing(b, TunnelFrameType.Ping, ulong.MaxValue), "Ping 0 18446744073709551615 "),
            (b => TunnelFrames.WritePing(b, TunnelFrameType.Pong, 3), "Pong 0 3 "),
        ];
        var reader = new TunnelFrameReader();
        foreach (var (write, expected) in frames)
        {
            var buffer = new byte[TunnelFrames.MaxControl];
            var bytes = buffer[..write(buffer)];
            for (var cut = 0; cut <= bytes.Length; cut++) Assert.Equal(expected, Read(reader, bytes[..cut], bytes[cut..]));
        }
    }

    [Fact]
    public void DataIsHandedOnInTheParts()
    {
        var bytes = Frame(4, 9, Encoding.ASCII.GetBytes("abcdef"));
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var reader = new TunnelFrameReader();
            Assert.Equal("Data 9 abcdef", Read(reader, bytes[..cut], bytes[cut..]));
            Assert.Equal("Data 9 abcdef", Read(reader, bytes));
        }

        Assert.Equal(TunnelFrames.MaxData + "Data 1 ".Length, Read(new(), Frame(4, 1, new byte[TunnelFrames.MaxData])).Length);
    }

    [Theory]
    [InlineData("", "a message without a frame's header")]
    [InlineData("04000000", "a message without a frame's header")]
    [InlineData("0000000001", "a frame of an unknown type")]
    [InlineData("0A00000001", "a frame of an unknown type")]
    [InlineData("040000000001", "a frame with a stream that it cannot have")]
    [InlineData("08000000010000000000000000", "a frame with a stream that it cannot have")]
    [InlineData("0400000001", "a data frame without data")]
    [InlineData("0100000001000000", "a frame of the wrong length")]
    [InlineData("010000000100000000", "an open frame without a target, or with one that is too long")]
    [InlineData("020000000100000000FF", "a frame of the wrong length")]
    [InlineData("030000000101", "a frame of the wrong length")]
    [InlineData("050000000100000000", "a credit of nothing")]
    [InlineData("060000000100", "a frame of the wrong length")]
    [InlineData("0700000001", "a frame of the wrong length")]
    [InlineData("0800000000", "a frame of the wrong length")]
    public void AFaultyFrameIsRefused(string wire, string fault)
    {
        var bytes = Convert.FromHexString(wire);
        Assert.Equal(fault, Read(new(), bytes));
        Assert.Equal(fault, Read(new(), [.. bytes.Select(one => new[] { one }), []]));
    }

    [Fact]
    public void AFrameHasAMostLength()
    {
        Assert.Equal("more data than a frame may have", Read(new(), Frame(4, 1, new byte[TunnelFrames.MaxData]), [1]));
        Assert.Equal("a frame that is too long", Read(new(), Frame(3, 1, new byte[TunnelFrames.MaxControl])));
        Assert.StartsWith("an open frame", Read(new(), Frame(1, 1, new byte[4 + TunnelTarget.MaxLength + 1])));
    }

    [Fact]
    public void NoInputBreaksTheReaderAndCutsChangeNothing()
    {
        for (var seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(30)];
            random.NextBytes(bytes);
            if (bytes.Length > 0) bytes[0] = (byte)random.Next(11);
            if (bytes.Length > 4) bytes.AsSpan(1, 3).Clear();
            var cut = random.Next(bytes.Length + 1);
            Assert.Equal(Read(new(), bytes), Read(new(), bytes[..cut], bytes[cut..]));
        }
    }

    [Fact]
    public void CreditIsGivenBackBeforeTheSenderRunsDry()
    {
        var (send, receive) = (new SendCredit(), new ReceiveCredit(256 * 1024));
        Assert.Equal(TunnelFrames.InitialCredit, send.Left);
        Assert.True(send.TryAdd(receive.GrantRest()));
        Assert.Equal(256 * 1024, send.Left);
        var granted = 0L;
        for (var sent = 0L; sent < 100_000_000; sent += 10_000)
        {
            send.Spend(10_000);
            Assert.True(receive.TryReceive(10_000));
            var credit = receive.Consume(10_000);
            granted += credit;
            Assert.True(send.TryAdd(credit));
            Assert.True(send.Left > 128 * 1024);
        }

        Assert.False(receive.TryReceive(256 * 1024 + 1));
        Assert.True(granted > 99_000_000);
    }

    [Fact]
    public void CreditHasAMost()
    {
        var send = new SendCredit();
        Assert.False(send.TryAdd(TunnelFrames.MaxCredit));
        Assert.False(send.TryAdd(ulong.MaxValue));
        Assert.True(send.TryAdd(TunnelFrames.MaxCredit - TunnelFrames.InitialCredit));
        Assert.False(send.TryAdd(1));
    }

    internal static byte[] Frame(byte type, uint stream, byte[] body)
    {
        var header = new byte[TunnelFrames.HeaderSize];
        TunnelFrames.WriteHeader(header, (TunnelFrameType)type, stream);
        return [.. header, .. body];
    }

    internal static TunnelTarget Parse(string text) => TunnelTarget.TryParse(text, out var target, out var fault) ? target : throw new ArgumentException(fault);

    private static string Read(TunnelFrameReader reader, params byte[][] pieces)
    {
        var (text, data) = ("", new StringBuilder());
        for (var at = 0; at < pieces.Length; at++)
        {
            if (reader.TryRead(pieces[at], at == pieces.Length - 1, out var frame, out var fault))
            {
                data.Append(Encoding.Latin1.GetString(frame.Data));
                text = frame.Type == TunnelFrameType.Data ? $"Data {frame.Stream} {data}" : $"{frame.Type} {frame.Stream} {frame.Number} {frame.Text}";
            }

            if (fault is not null) return fault;
        }

        return text;
    }
}
