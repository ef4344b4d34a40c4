using System.Globalization;
using System.Net;

namespace Relay.Core.Tunnel;

/// <summary>
/// A block of addresses, compared bit by bit and within its own family: an IPv4-mapped address is in no block of IPv4, as the framework's own
/// type would have it.
/// </summary>
internal readonly record struct AddressBlock(IPAddress Base, int Prefix)
{
    /// <summary>Reads a CIDR whose bits behind the prefix are zero, or an address, in their one spelling for IPv4 and without a zone.</summary>
    public static bool TryParse(string text, out AddressBlock block)
    {
        block = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var start = slash < 0 ? text : text[..slash];
        if (text.Contains('%') || text.Contains('[') || !IPAddress.TryParse(start, out var address) || (!start.Contains(':') && address.ToString() != start)) return false;
        var bits = address.GetAddressBytes().Length * 8;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits)) return false;
        block = Around(address, prefix);
        return block.Base.Equals(address);
    }

    /// <summary>The block of so many bits that an address is in.</summary>
    public static AddressBlock Around(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new(new(bytes), prefix);
    }

    public bool Contains(IPAddress address) => address.AddressFamily == Base.AddressFamily && Around(address, Prefix).Base.Equals(Base);

    /// <summary>Whether all of this block is in another.</summary>
    public bool IsWithin(AddressBlock other) => Prefix >= other.Prefix && other.Contains(Base);
}
