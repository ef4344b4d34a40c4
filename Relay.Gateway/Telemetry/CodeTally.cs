using System.Collections.Frozen;

namespace Relay.Gateway.Telemetry;

/// <summary>Counts HTTP answers by the code of their error; a feature of the requests that it counts for. The codes are given; what is none of them is counted as <see cref="Other"/>, so nobody makes up a series.</summary>
internal sealed class CodeTally
{
    public const string Other = "other";

    private readonly FrozenDictionary<string, int> _index;
    private readonly long[] _counts;

    public CodeTally(IReadOnlyCollection<string> codes)
    {
        _index = codes.Select(static (code, index) => KeyValuePair.Create(code, index)).ToFrozenDictionary(StringComparer.Ordinal);
        _counts = new long[codes.Count + 1];
    }

    public void Count(string code) => Interlocked.Increment(ref _counts[Index(code)]);

    public long Of(string code) => Interlocked.Read(ref _counts[Index(code)]);

    private int Index(string code) => _index.GetValueOrDefault(code, _counts.Length - 1);
}
