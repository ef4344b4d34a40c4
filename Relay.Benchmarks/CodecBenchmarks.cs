using System.Buffers;
using BenchmarkDotNet.Attributes;
using Relay.WebSockets;

namespace Relay.Benchmarks;

/// <summary>Reading what a client has pipelined.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private const int Messages = 16;

    private readonly FrameReader _reader = new(65536);
    private byte[] _bytes = [];

    /// <summary>Bytes of each message.</summary>
    [Params(100, 16384)]
    public int Bytes { get; set; }

    /// <summary>Masks the messages.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var payload = new byte[Bytes];
        payload.AsSpan().Fill((byte)'x');
        var output = new ArrayBufferWriter<byte>();
        for (var i = 0; i < Messages; i++)
            output.Advance(FrameWriter.WriteMasked(output.GetSpan(Bytes + 14), Opcode.Text, payload, 0x12345678u * (uint)(i + 1)));
        _bytes = output.WrittenSpan.ToArray();
    }

    /// <summary>Sixteen messages that came in one read.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public int Read()
    {
        var input = new ReadOnlySequence<byte>(_bytes);
        var bytes = 0;
        while (_reader.TryRead(ref input, out var frame) == ReadStatus.Message) bytes += frame.Payload.Length;
        return bytes;
    }
}
