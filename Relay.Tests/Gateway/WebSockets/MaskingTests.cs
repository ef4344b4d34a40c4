using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

public class MaskingTests
{
    private static readonly byte[] Key = [0x11, 0x22, 0x44, 0x88];

    [Fact]
    public void EveryLengthAndPhaseGivesWhatTheNaiveLoopGives()
    {
        var source = new byte[300];
        new Random(1).NextBytes(source);
        for (var length = 0; length <= source.Length; length++)
        {
            for (var phase = 0; phase < 9; phase++)
            {
                var expected = new byte[length + 1];
                for (var i = 0; i < length; i++) expected[i] = (byte)(source[i] ^ Key[(phase + i) % 4]);
                var actual = new byte[length + 1];
                Masking.Apply(source.AsSpan(0, length), actual, Masking.ReadKey(Key), phase);
                Assert.Equal(expected, actual);
            }
        }
    }

    [Fact]
    public void EveryStartInMemoryWorks()
    {
        var source = new byte[400];
        new Random(2).NextBytes(source);
        for (var offset = 0; offset < 64; offset++)
        {
            var span = source.AsSpan(offset, 300);
            var actual = new byte[300 + offset];
            Masking.Apply(span, actual.AsSpan(offset), Masking.ReadKey(Key), offset);
            for (var i = 0; i < 300; i++) Assert.Equal((byte)(span[i] ^ Key[(offset + i) % 4]), actual[offset + i]);
        }
    }

    [Fact]
    public void SegmentsOfAnySizeKeepThePhase()
    {
        var random = new Random(3);
        var source = new byte[300];
        random.NextBytes(source);
        for (var round = 0; round < 200; round++)
        {
            var pieces = new List<byte[]>();
            for (var at = 0; at < source.Length;)
            {
                var count = Math.Min(random.Next(0, 70), source.Length - at);
                pieces.Add(source[at..(at + count)]);
                at += count;
            }

            var actual = new byte[300];
            Masking.Apply(Wire.Sequence(pieces), actual, Masking.ReadKey(Key), round);
            for (var i = 0; i < 300; i++) Assert.Equal((byte)(source[i] ^ Key[(round + i) % 4]), actual[i]);
        }
    }

    [Fact]
    public void MaskingInPlaceTwiceGivesTheSameAgain()
    {
        var bytes = Enumerable.Range(0, 200).Select(i => (byte)i).ToArray();
        var copy = bytes.ToArray();
        Masking.Apply(copy, copy, Masking.ReadKey(Key), 3);
        Assert.NotEqual(bytes, copy);
        Masking.Apply(copy, copy, Masking.ReadKey(Key), 3);
        Assert.Equal(bytes, copy);
    }

    [Fact]
    public void ADestinationTooSmallIsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Masking.Apply(new byte[64], new byte[63], 1, 0));
}
