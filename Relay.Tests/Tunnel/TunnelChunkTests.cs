using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Relay.Core.Tunnel;

namespace Relay.Tests.Tunnel;

public class TunnelChunkTests
{
    // BytesValue of the real runtime is a message with the one field `bytes value = 1`.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16383)]
    [InlineData(16384)]
    [InlineData(TunnelChunk.MaxData)]
    public void TheProtobufRuntimeReadsWhatIsWritten(int length)
    {
        var data = Bytes(length);
        Assert.Equal(data, BytesValue.Parser.ParseFrom(Chunk(data)).Value.ToByteArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(TunnelChunk.MaxData)]
    public void WhatTheProtobufRuntimeWritesIsRead(int length)
    {
        var data = Bytes(length);
        AssertRead(data, Read([new BytesValue { Value = ByteString.CopyFrom(data) }.ToByteArray()]));
    }

    [Fact]
    public void AChunkIsReadHoweverItIsCut()
    {
        var (first, second) = (Bytes(300), Bytes(5));
        for (var cut = 0; cut <= Chunk(first).Length; cut++)
        {
            var reader = new ChunkReader();
            AssertRead(first, Read(reader, [Chunk(first)[..cut], Chunk(first)[cut..]]));
            AssertRead(second, Read(reader, [Chunk(second)]));
        }
    }

    [Theory]
    [InlineData("0A00")]
    [InlineData("0A8000")]
    [InlineData("0A8080808000")]
    [InlineData("")]
    public void AChunkWithoutDataIsLegal(string wire) => AssertRead([], Read([Convert.FromHexString(wire)]));

    [Theory]
    [InlineData("1200", "a tag that is not 0x0A")]
    [InlineData("0801", "a tag that is not 0x0A")]
    [InlineData("0A", "a message that ends inside the length")]
    [InlineData("0A80", "a message that ends inside the length")]
    [InlineData("0A0201", "a message that ends before its data")]
    [InlineData("0A010102", "bytes behind the data")]
    [InlineData("0A000A00", "bytes behind the data")]
    [InlineData("0A80808080", "a message that ends inside the length")]
    [InlineData("0A808080808000", "a length of more than five bytes")]
    [InlineData("0A81802000", "more data than a chunk may have")]
    [InlineData("0AFFFFFFFF0F", "more data than a chunk may have")]
    public void AFaultyChunkIsRefused(string wire, string fault)
    {
        Assert.Equal(fault, Read([Convert.FromHexString(wire)]).Fault);
        Assert.Equal(fault, Read([.. Convert.FromHexString(wire).Select(one => new[] { one })]).Fault);
    }

    [Fact]
    public void NoInputMakesMoreDataThanCame()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var reader = new ChunkReader();
            for (var message = 0; message < 20; message++)
            {
                var wire = new byte[random.Next(12)];
                random.NextBytes(wire);
                if (wire.Length > 0 && random.Next(4) > 0) wire[0] = TunnelChunk.Tag;
                if (wire.Length > 1 && random.Next(2) > 0) wire[1] = (byte)random.Next(wire.Length);
                var cut = random.Next(wire.Length + 1);
                var (data, fault) = Read(reader, [wire[..cut], wire[cut..]]);
                if (fault is not null) break;
                Assert.Equal(BytesValue.Parser.ParseFrom(wire).Value.ToByteArray(), data);
            }
        }
    }

    internal static byte[] Chunk(ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[TunnelChunk.MaxHeader];
        var size = TunnelChunk.WriteHeader(header, data.Length);
        Assert.Equal(TunnelChunk.HeaderSize(data.Length), size);
        return [.. header[..size], .. data];
    }

    private static (byte[] Data, string? Fault) Read(params byte[][] pieces) => Read(new ChunkReader(), pieces);

    private static (byte[] Data, string? Fault) Read(ChunkReader reader, byte[][] pieces)
    {
        var all = new List<byte>();
        for (var at = 0; at < pieces.Length; at++)
        {
            if (reader.TryRead(pieces[at], at == pieces.Length - 1, out var data, out var fault)) all.AddRange(data);
            if (fault is not null) return ([], fault);
        }

        return ([.. all], null);
    }

    private static void AssertRead(byte[] expected, (byte[] Data, string? Fault) actual)
    {
        Assert.Null(actual.Fault);
        Assert.Equal(expected, actual.Data);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
