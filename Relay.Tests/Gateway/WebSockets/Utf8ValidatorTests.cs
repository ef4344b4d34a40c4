using System.Text;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

public class Utf8ValidatorTests
{
    // Bytes at the edges of the ranges: pairs and triples of them hold every overlong form, surrogate and limit.
    private static readonly byte[] Edges =
    [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
        0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
    ];

    [Fact]
    public void EveryFourBytesAtTheEdgesAreJudgedAsTheFrameworkJudges()
    {
        var quadruples = from a in Edges from b in Edges from c in Edges from d in Edges select new[] { a, b, c, d };
        foreach (var bytes in quadruples)
        {
            var expected = IsValid(bytes);
            Assert.True(expected == Judge(bytes), Convert.ToHexString(bytes));
            Assert.True(expected == Judge(bytes, 1, 1, 1, 1), Convert.ToHexString(bytes));
        }
    }

    [Fact]
    public void GeneratedTextInAnyPiecesIsJudgedAsTheFrameworkJudges()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Generate(random);
            var first = random.Next(bytes.Length + 1);
            var second = random.Next(bytes.Length - first + 1);
            Assert.True(IsValid(bytes) == Judge(bytes, first, second), Convert.ToHexString(bytes));
        }
    }

    [Fact]
    public void TheFirstImpossibleByteFails()
    {
        // Of every text cut after any byte: refused exactly when no continuation can make it valid.
        var random = new Random(8);
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = Generate(random);
            var validator = default(Utf8Validator);
            var alive = true;
            for (var i = 0; i < bytes.Length && alive; i++)
            {
                alive = validator.TryAppend([bytes[i]]);
                Assert.True(alive == CanBecomeValid(bytes.AsSpan(0, i + 1)), Convert.ToHexString(bytes.AsSpan(0, i + 1)));
            }
        }
    }

    [Fact]
    public void ALongAsciiRunBeforeAnErrorFailsInItsPiece()
    {
        var bytes = Enumerable.Repeat((byte)'a', 10_000).ToArray();
        var validator = default(Utf8Validator);
        Assert.True(validator.TryAppend(bytes));
        bytes[9_999] = 0xC0;
        Assert.False(validator.TryAppend(bytes));
    }

    private static bool Judge(byte[] bytes, params int[] pieces)
    {
        var validator = default(Utf8Validator);
        var at = 0;
        foreach (var size in pieces)
        {
            if (!validator.TryAppend(bytes.AsSpan(at, size))) return false;
            at += size;
        }

        return validator.TryAppend(bytes.AsSpan(at)) && validator.IsComplete;
    }

    // The decoder that replaces what is broken changes the bytes exactly where the strict one would throw, half a million times here.
    private static bool IsValid(byte[] bytes) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes)).AsSpan().SequenceEqual(bytes);

    private static bool CanBecomeValid(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            switch (Rune.DecodeFromUtf8(bytes, out _, out var used))
            {
                case System.Buffers.OperationStatus.Done:
                    bytes = bytes[used..];
                    continue;
                case System.Buffers.OperationStatus.NeedMoreData:
                    return true;
                default:
                    return false;
            }
        }

        return true;
    }

    private static byte[] Generate(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(40); i > 0; i--)
        {
            var rune = random.Next(5) switch
            {
                0 => random.Next(0x80),
                1 => random.Next(0x800),
                2 => random.Next(0xD800),
                3 => random.Next(0xE000, 0x10000),
                _ => random.Next(0x10000, 0x110000),
            };
            text.Append(new Rune(rune).ToString());
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (bytes.Length > 0 && random.Next(2) == 0) bytes[random.Next(bytes.Length)] = Edges[random.Next(Edges.Length)];
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
    }
}
