using System.Globalization;
using System.Text;

namespace Relay.Core.Tunnel;

/// <summary>The HTTP responses to CONNECT, as bytes.</summary>
public static class ConnectReply
{
    /// <summary>The longest body.</summary>
    public const int MaxBody = 1024;

    /// <summary>The tunnel is open: its bytes follow.</summary>
    public static ReadOnlySpan<byte> Established => "HTTP/1.1 200 Connection Established\r\n\r\n"u8;

    /// <summary>A refusal, after which the connection ends.</summary>
    /// <param name="status">The status.</param>
    /// <param name="body">A sentence for a person, cut off at <see cref="MaxBody"/> bytes.</param>
    /// <returns>The whole response.</returns>
    public static byte[] Refusal(int status, string body)
    {
        var text = Cut(body);
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {Phrase(status)}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {text.Length}\r\n");
        if (status == 407) head += "Proxy-Authenticate: Basic realm=\"relay\"\r\n";
        if (status == 405) head += "Allow: CONNECT\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. "Connection: close\r\n\r\n"u8, .. text];
    }

    /// <summary>A text as UTF-8, cut off between two characters.</summary>
    /// <param name="text">The text.</param>
    /// <returns>At most <see cref="MaxBody"/> bytes, without control characters.</returns>
    public static byte[] Cut(string text)
    {
        var bytes = new byte[MaxBody];
        var count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune)) continue;
            if (count + rune.Utf8SequenceLength > bytes.Length) break;
            count += rune.EncodeToUtf8(bytes.AsSpan(count));
        }

        return bytes[..count];
    }

    private static string Phrase(int status) => status switch
    {
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Refused",
    };
}
