using System.Text;
using BenchmarkDotNet.Attributes;
using Relay.Core.Protocol;

namespace Relay.Benchmarks;

/// <summary>Reading a client's message and writing an answer.</summary>
[MemoryDiagnoser]
public class EnvelopeBenchmarks
{
    private byte[] _message = [];
    private byte[] _data = [];
    private ClientEnvelope _envelope;

    /// <summary>Bytes of the message's data.</summary>
    [Params(100, 4096)]
    public int Bytes { get; set; }

    /// <summary>Makes the message.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _data = Encoding.UTF8.GetBytes($"{{\"text\":\"{new string('x', Bytes)}\"}}");
        _message = Encoding.UTF8.GetBytes($"{{\"type\":\"echo_say\",\"request_id\":\"0123456789abcdef\",\"data\":{Encoding.UTF8.GetString(_data)}}}");
        ClientEnvelope.TryRead(_message, out _envelope, out _);
    }

    /// <summary>What every message costs on its way in.</summary>
    [Benchmark]
    public bool Read() => ClientEnvelope.TryRead(_message, out _, out _);

    /// <summary>What every answer costs on its way out.</summary>
    [Benchmark]
    public Frame Answer() => Frames.Plugin("echo_", "said", _envelope.RequestId, default, _data);
}
