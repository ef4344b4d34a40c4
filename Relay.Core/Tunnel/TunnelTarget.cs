using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Relay.Core.Tunnel;

/// <summary>Where a tunnel goes: a host and a port, in one spelling each.</summary>
/// <param name="Host">A name in lower case without a final dot, or an address as it is written without brackets.</param>
/// <param name="Port">From 1 to 65535.</param>
/// <param name="Address">The host, when it is an address.</param>
public sealed record TunnelTarget(string Host, int Port, IPAddress? Address)
{
    /// <summary>The longest text of a target.</summary>
    public const int MaxLength = 300;

    private const int MaxHost = 253;
    private const int MaxLabel = 63;
    private const int PortDigits = 5;

    /// <summary>The target as CONNECT names it.</summary>
    /// <returns>Such as <c>example.com:443</c> or <c>[::1]:443</c>.</returns>
    public override string ToString() => Address?.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>
    /// Reads <c>host:port</c>. There is one way to write an address, four decimal numbers or an IPv6 literal in brackets, since a resolver would
    /// take others (<c>127.1</c>, <c>0x7f000001</c>) for addresses that no rule has seen.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="target">The target.</param>
    /// <param name="fault">What is wrong, or null.</param>
    /// <returns>Whether it is a target.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out TunnelTarget target, out string? fault)
    {
        target = null!;
        fault = null;
        if (text.Length > MaxLength) fault = "is too long";
        else if (text.Contains('@')) fault = "has user info";
        else if (text.Contains('%')) fault = "has an escape or a zone";
        else if (text.Contains('/')) fault = "is not host:port";
        if (fault is not null) return false;

        var colon = text.LastIndexOf(':');
        if (colon < 0 || text[(colon + 1)..].Contains(']'))
        {
            fault = "has no port";
            return false;
        }

        var host = text[..colon];
        var digits = text[(colon + 1)..];
        if (digits.Length is 0 or > PortDigits || digits.ContainsAnyExceptInRange('0', '9') || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > ushort.MaxValue)
        {
            fault = digits.IsEmpty ? "has no port" : "has no valid port";
            return false;
        }

        if (host.StartsWith('[')) return TryBracketed(host, port, out target, out fault);
        if (host.Contains(':'))
        {
            fault = "has an IPv6 address without brackets";
            return false;
        }

        return TryName(host, port, out target, out fault);
    }

    private static bool TryBracketed(ReadOnlySpan<char> host, int port, out TunnelTarget target, out string? fault)
    {
        target = null!;
        fault = "has no valid IPv6 address";
        if (!host.EndsWith(']') || !IPAddress.TryParse(host[1..^1], out var address) || address.AddressFamily != AddressFamily.InterNetworkV6) return false;
        target = new(address.ToString(), port, address);
        fault = null;
        return true;
    }

    private static bool TryName(ReadOnlySpan<char> host, int port, out TunnelTarget target, out string? fault)
    {
        target = null!;
        fault = "has no valid host";
        if (host.EndsWith('.')) host = host[..^1];
        if (host.Length is 0 or > MaxHost) return false;
        ReadOnlySpan<char> last = default;
        foreach (var range in host.Split('.'))
        {
            last = host[range];
            if (last.Length is 0 or > MaxLabel || last[0] == '-' || last[^1] == '-') return false;
            foreach (var c in last)
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }

        var name = host.ToString().ToLowerInvariant();
        IPAddress? address = null;
        if (IsNumber(last))
        {
            fault = "has no valid IPv4 address";
            if (!IPAddress.TryParse(name, out address) || address.AddressFamily != AddressFamily.InterNetwork || address.ToString() != name) return false;
        }

        target = new(name, port, address);
        fault = null;
        return true;
    }

    private static bool IsNumber(ReadOnlySpan<char> label) =>
        !label.ContainsAnyExceptInRange('0', '9')
        || (label.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && label[2..].IndexOfAnyExcept("0123456789abcdefABCDEF") < 0);
}
