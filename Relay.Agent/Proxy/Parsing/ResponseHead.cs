using System.Text;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>
/// Rewrites the header block of an origin's response: the local connection ends with it, which the client has to know. Interim responses pass
/// before it. Everything behind the block is the response's, up to the end of the connection.
/// </summary>
internal sealed class ResponseHead
{
    /// <summary>The longest header block, interim ones and the final one each.</summary>
    public const int MaxBlock = 64 * 1024;

    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase) { "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate" };

    private byte[] _held = new byte[1024];
    private int _count;

    /// <summary>Whether the block has passed: the bytes go on as they are.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether it is no response that can be passed on.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether anything has been given out.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Takes what came; gives what goes to the client now.</summary>
    public ReadOnlySpan<byte> Take(ReadOnlySpan<byte> input)
    {
        if (IsComplete) return input;
        if (IsBroken) return default;
        if (_count + input.Length > _held.Length) Array.Resize(ref _held, Math.Max(2 * _held.Length, _count + input.Length));
        input.CopyTo(_held.AsSpan(_count));
        _count += input.Length;
        var output = new List<byte>();
        var rest = _held.AsSpan(0, _count);
        while (!IsComplete && HeaderBlock.Length(rest[..Math.Min(rest.Length, MaxBlock)]) is > 0 and var length)
        {
            if (Rewrite(rest[..length], out var status) is not { } block)
            {
                IsBroken = true;
                break;
            }

            output.AddRange(block);
            rest = rest[length..];
            IsComplete = status is 101 or >= 200;
        }

        if (IsComplete) output.AddRange(rest);
        else if (rest.Length >= MaxBlock) IsBroken = true;
        else rest.CopyTo(_held);
        _count = IsComplete ? 0 : rest.Length;
        HasBegun |= output.Count > 0;
        return output.ToArray();
    }

    private static byte[]? Rewrite(ReadOnlySpan<byte> bytes, out int status)
    {
        status = 0;
        if (HeaderBlock.Read(bytes) is not { } block) return null;
        var first = block.FirstLine.Split(' ', 3);
        if (first.Length < 2 || first[0] is not ("HTTP/1.0" or "HTTP/1.1") || first[1].Length != 3 || !int.TryParse(first[1], out status) || status < 100) return null;
        var head = new StringBuilder().Append(block.FirstLine).Append("\r\n");
        // An upgrade's own headers are the answer that was asked for.
        var named = status == 101 ? [] : block.Elements("Connection").ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in block.Headers)
            if (status == 101 || (!Dropped.Contains(name) && !IsNamed(named, name))) head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (status >= 200) head.Append("Connection: close\r\n");
        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    // The framing is passed on whatever Connection says: without it the body would end elsewhere.
    private static bool IsNamed(HashSet<string> named, string name) =>
        named.Contains(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);
}
