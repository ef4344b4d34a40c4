using System.Text;

namespace Relay.Core.Tunnel;

/// <summary>What a <see cref="ConnectParser"/> has come to.</summary>
public enum ConnectPhase
{
    /// <summary>The header block has not ended yet.</summary>
    NeedMore,

    /// <summary>The block has ended, and names a target.</summary>
    Complete,

    /// <summary>The block is refused with a status.</summary>
    Refused,
}

/// <summary>
/// Reads the header block of an HTTP CONNECT request, byte by byte if it comes so. Bytes behind the block are not its own, and are left. Only what
/// cannot be read in two ways is taken: lines end with CRLF, nothing is folded, and no control character stands in them.
/// </summary>
public sealed class ConnectParser
{
    /// <summary>The longest header block, its final empty line included.</summary>
    public const int MaxBytes = 8192;

    private readonly byte[] _block = new byte[MaxBytes];
    private int _count;

    /// <summary>What came of it.</summary>
    public ConnectPhase Phase { get; private set; }

    /// <summary>When complete: where to.</summary>
    public TunnelTarget? Target { get; private set; }

    /// <summary>When complete: the value of Proxy-Authorization, or null.</summary>
    public string? ProxyAuthorization { get; private set; }

    /// <summary>When refused: the HTTP status, 400 or 405.</summary>
    public int Status { get; private set; }

    /// <summary>When refused: a sentence on what is wrong.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Takes more of the block.</summary>
    /// <param name="input">What came.</param>
    /// <returns>How much of it belongs to the block: what is behind it is the tunnel's.</returns>
    public int Read(ReadOnlySpan<byte> input)
    {
        for (var at = 0; at < input.Length; at++)
        {
            if (Phase != ConnectPhase.NeedMore) return at;
            _block[_count++] = input[at];
            if (_block[_count - 1] == '\n' && _block.AsSpan(0, _count).EndsWith("\r\n\r\n"u8)) Parse(_block.AsSpan(0, _count - 2));
            else if (_count == MaxBytes) Refuse(400, $"The header block is longer than {MaxBytes} bytes.");
        }

        return input.Length;
    }

    // Every line of the block with its CRLF.
    private void Parse(ReadOnlySpan<byte> block)
    {
        var isFirst = true;
        while (!block.IsEmpty)
        {
            var end = block.IndexOf("\r\n"u8);
            var line = block[..end];
            block = block[(end + 2)..];
            if (line.ContainsAnyInRange((byte)0, (byte)8) || line.ContainsAnyInRange((byte)10, (byte)31) || line.Contains((byte)127)) Refuse(400, "A control character stands in the header block.");
            else if (isFirst) ParseRequest(line);
            else ParseHeader(line);
            isFirst = false;
            if (Phase == ConnectPhase.Refused) return;
        }

        Phase = ConnectPhase.Complete;
    }

    private void ParseRequest(ReadOnlySpan<byte> line)
    {
        var rest = line.StartsWith("CONNECT "u8) ? line["CONNECT ".Length..] : default;
        var space = rest.IndexOf((byte)' ');
        if (space <= 0 || !(rest[(space + 1)..].SequenceEqual("HTTP/1.1"u8) || rest[(space + 1)..].SequenceEqual("HTTP/1.0"u8)))
        {
            Refuse(405, "The first line is not CONNECT host:port HTTP/1.1.");
            return;
        }

        if (TunnelTarget.TryParse(Encoding.Latin1.GetString(rest[..space]), out var target, out var fault)) Target = target;
        else Refuse(400, $"The target {fault}.");
    }

    private void ParseHeader(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].IndexOfAnyExcept(TokenBytes) >= 0)
        {
            Refuse(400, "A header line is malformed.");
            return;
        }

        if (!Ascii.EqualsIgnoreCase(line[..colon], "Proxy-Authorization"u8)) return;
        if (ProxyAuthorization is not null) Refuse(400, "Proxy-Authorization stands twice.");
        else ProxyAuthorization = Encoding.Latin1.GetString(line[(colon + 1)..]).Trim(' ', '\t');
    }

    private void Refuse(int status, string fault)
    {
        (Phase, Status, Fault) = (ConnectPhase.Refused, status, fault);
        (Target, ProxyAuthorization) = (null, null);
    }

    private static readonly System.Buffers.SearchValues<byte> TokenBytes =
        System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
}
