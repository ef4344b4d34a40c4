using System.Globalization;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>Finds where a request's body ends: by its length, or by the last chunk and its trailer. The bytes are passed on as they are.</summary>
internal sealed class RequestBody
{
    private const int MaxLine = 8192;

    private readonly bool _endless;
    private Phase _phase;
    private long _left;
    private int _line;
    private bool _hasDigit;
    private bool _inExtension;

    private RequestBody(Phase phase, long left = 0, bool endless = false) => (_phase, _left, _endless) = (phase, left, endless);

    private enum Phase
    {
        Bytes,
        ChunkSize,
        ChunkSizeLf,
        ChunkData,
        ChunkCr,
        ChunkLf,
        Trailer,
        TrailerLf,
        Ended,
        Broken,
    }

    /// <summary>What comes after an upgrade: bytes of another protocol, as long as there are any.</summary>
    public static RequestBody Endless => new(Phase.Bytes, endless: true);

    public bool IsComplete => _phase == Phase.Ended;

    public bool IsBroken => _phase == Phase.Broken;

    public static Fault? TryRead(string version, HeaderBlock block, out RequestBody body)
    {
        body = new(Phase.Ended);
        var encodings = block.Elements("Transfer-Encoding").ToList();
        var lengths = block.Values("Content-Length").ToList();
        if (encodings.Count > 0)
        {
            // Two ends of one body, or one that an older recipient does not see, are how requests are smuggled.
            if (lengths.Count > 0 || version == "HTTP/1.0" || encodings.Count > 1 || !encodings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase))
                return new(400, "Where the body ends can be read in two ways.");
            body = new(Phase.ChunkSize);
            return null;
        }

        if (lengths.Count == 0) return null;
        if (lengths.Count > 1 || !long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return new(400, "Content-Length is malformed.");
        if (length > 0) body = new(Phase.Bytes, length);
        return null;
    }

    /// <summary>How many of the bytes, from the first on, belong to the body.</summary>
    public int Take(ReadOnlySpan<byte> input)
    {
        if (_endless) return input.Length;
        var at = 0;
        while (at < input.Length && _phase is not (Phase.Ended or Phase.Broken))
        {
            if (_phase is Phase.Bytes or Phase.ChunkData)
            {
                var count = (int)Math.Min(_left, input.Length - at);
                _left -= count;
                at += count;
                if (_left == 0) _phase = _phase == Phase.Bytes ? Phase.Ended : Phase.ChunkCr;
            }
            else
            {
                _phase = Step(input[at++]);
            }
        }

        return at;
    }

    private Phase Step(byte next) => _phase switch
    {
        Phase.ChunkSize => StepInSize(next),
        Phase.ChunkSizeLf => next != '\n' ? Phase.Broken : EndSize(),
        Phase.ChunkCr => next == '\r' ? Phase.ChunkLf : Phase.Broken,
        Phase.ChunkLf => next == '\n' ? BeginLine(Phase.ChunkSize) : Phase.Broken,
        Phase.Trailer => StepInTrailer(next),
        Phase.TrailerLf => next != '\n' ? Phase.Broken : _line == 0 ? Phase.Ended : BeginLine(Phase.Trailer),
        Phase.Bytes or Phase.ChunkData or Phase.Ended or Phase.Broken => _phase,
    };

    private Phase StepInSize(byte next)
    {
        if (++_line > MaxLine) return Phase.Broken;
        if (next == '\r') return _hasDigit ? Phase.ChunkSizeLf : Phase.Broken;
        if (next == '\n') return Phase.Broken;
        if (_inExtension) return Phase.ChunkSize;
        var digit = HexValue(next);
        if (digit < 0)
        {
            _inExtension = _hasDigit && next is (byte)';' or (byte)' ' or (byte)'\t';
            return _inExtension ? Phase.ChunkSize : Phase.Broken;
        }

        if (_left > long.MaxValue >> 5) return Phase.Broken;
        (_left, _hasDigit) = ((_left << 4) | (uint)digit, true);
        return Phase.ChunkSize;
    }

    private Phase EndSize() => _left > 0 ? Phase.ChunkData : BeginLine(Phase.Trailer);

    private Phase StepInTrailer(byte next)
    {
        if (next == '\r') return Phase.TrailerLf;
        return next == '\n' || ++_line > MaxLine ? Phase.Broken : Phase.Trailer;
    }

    private Phase BeginLine(Phase phase)
    {
        (_line, _left, _hasDigit, _inExtension) = (0, 0, false, false);
        return phase;
    }

    private static int HexValue(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
