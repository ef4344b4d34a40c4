using System.Globalization;

namespace Relay.Core.Tunnel;

/// <summary>
/// One rule of <c>tunnel.allow</c>: hosts, a colon, ports. Hosts are a name, <c>*.</c> and a name for everything below it, <c>*</c> for every public
/// host, or addresses as a CIDR (IPv6 in brackets). Ports are a number, a range <c>8000-8999</c>, or <c>*</c>.
/// </summary>
public sealed class EgressRule : IEquatable<EgressRule>
{
    private readonly string? _name;
    private readonly int _low;
    private readonly int _high;

    private EgressRule(string text, string? name, AddressBlock? network, int low, int high) => (Text, _name, Network, _low, _high) = (text, name, network, low, high);

    /// <summary>The rule as it was written.</summary>
    public string Text { get; }

    /// <summary>The addresses, when the rule is one of addresses.</summary>
    internal AddressBlock? Network { get; }

    /// <summary>Whether the rule is for every public host.</summary>
    internal bool IsAny => _name == "*";

    /// <inheritdoc/>
    public bool Equals(EgressRule? other) => other is not null && other.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EgressRule);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Text, StringComparison.Ordinal);

    /// <summary>Reads a rule.</summary>
    /// <param name="text">The text.</param>
    /// <param name="rule">The rule.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out EgressRule rule)
    {
        rule = null!;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryPorts(text.AsSpan(colon + 1), out var low, out var high)) return false;
        var host = text[..colon];
        if (host.StartsWith('['))
        {
            if (!host.EndsWith(']') || !AddressBlock.TryParse(host[1..^1], out var network) || !host.Contains(':')) return false;
            rule = new(text, null, network, low, high);
            return true;
        }

        if (host.Contains(':')) return false;
        if (AddressBlock.TryParse(host, out var ipv4))
        {
            rule = new(text, null, ipv4, low, high);
            return true;
        }

        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        if (host != "*" && (!TunnelTarget.TryParse($"{name}:1", out var target, out _) || target.Address is not null)) return false;
        rule = new(text, host == "*" ? host : host.ToLowerInvariant().TrimEnd('.'), null, low, high);
        return true;
    }

    /// <summary>Whether a name is one of the rule's hosts.</summary>
    internal bool HasName(string name) => _name switch
    {
        null => false,
        "*" => true,
        ['*', .. var below] => name.Length > below.Length && name.EndsWith(below, StringComparison.Ordinal),
        _ => name == _name,
    };

    /// <summary>Whether a port is one of the rule's.</summary>
    internal bool HasPort(int port) => port >= _low && port <= _high;

    private static bool TryPorts(ReadOnlySpan<char> text, out int low, out int high)
    {
        (low, high) = (1, ushort.MaxValue);
        if (text is "*") return true;
        var dash = text.IndexOf('-');
        if (dash < 0) return TryPort(text, out low) && TryPort(text, out high);
        return TryPort(text[..dash], out low) && TryPort(text[(dash + 1)..], out high) && low <= high;
    }

    private static bool TryPort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue;
}
