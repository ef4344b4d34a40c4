using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Relay.Core.Tunnel;

/// <summary>Blocks of addresses that are no public host's: a rule has to name them before a tunnel goes there.</summary>
internal static class SpecialAddresses
{
    private static readonly AddressBlock Mapped = Parse("::ffff:0:0/96");
    private static readonly AddressBlock Compatible = Parse("::/96");
    private static readonly AddressBlock Nat64 = Parse("64:ff9b::/96");
    private static readonly AddressBlock SixToFour = Parse("2002::/16");
    private static readonly AddressBlock GlobalUnicast = Parse("2000::/3");

    // The narrower of two blocks first: the first match names the address.
    private static readonly ImmutableArray<(AddressBlock Block, string Name)> Blocks =
    [
        Block("169.254.169.254/32", "a metadata service"),
        Block("168.63.129.16/32", "a metadata service"),
        Block("100.100.100.200/32", "a metadata service"),
        Block("192.0.0.192/32", "a metadata service"),
        Block("0.0.0.0/8", "this host"),
        Block("10.0.0.0/8", "private"),
        Block("100.64.0.0/10", "a provider's shared range"),
        Block("127.0.0.0/8", "loopback"),
        Block("169.254.0.0/16", "link-local"),
        Block("172.16.0.0/12", "private"),
        Block("192.0.0.0/24", "reserved for protocols"),
        Block("192.0.2.0/24", "for documentation"),
        Block("192.31.196.0/24", "reserved for protocols"),
        Block("192.52.193.0/24", "reserved for protocols"),
        Block("192.88.99.0/24", "a 6to4 relay"),
        Block("192.168.0.0/16", "private"),
        Block("192.175.48.0/24", "reserved for protocols"),
        Block("198.18.0.0/15", "for benchmarks"),
        Block("198.51.100.0/24", "for documentation"),
        Block("203.0.113.0/24", "for documentation"),
        Block("224.0.0.0/4", "multicast"),
        Block("255.255.255.255/32", "broadcast"),
        Block("240.0.0.0/4", "reserved"),

        Block("fd00:ec2::254/128", "a metadata service"),
        Block("fd20:ce::254/128", "a metadata service"),
        Block("::/128", "this host"),
        Block("::1/128", "loopback"),
        (Mapped, "an IPv4-mapped address"),
        Block("::ffff:0:0:0/96", "an IPv4-translated address"),
        (Compatible, "an IPv4-compatible address"),
        (Nat64, "a NAT64 address"),
        Block("64:ff9b:1::/48", "a NAT64 address"),
        Block("100::/64", "discarded"),
        Block("2001::/32", "a Teredo address"),
        Block("2001:db8::/32", "for documentation"),
        Block("2001::/23", "reserved for protocols"),
        (SixToFour, "a 6to4 address"),
        Block("2620:4f:8000::/48", "reserved for protocols"),
        Block("3fff::/20", "for documentation"),
        Block("fc00::/7", "private"),
        Block("fe80::/10", "link-local"),
        Block("fec0::/10", "site-local"),
        Block("ff00::/8", "multicast"),
    ];

    /// <summary>The block that an address is in, or null for a public address.</summary>
    public static (AddressBlock Block, string Name)? Find(IPAddress address)
    {
        foreach (var block in Blocks)
            if (block.Block.Contains(address)) return block;

        // What is not given out yet is nobody's.
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !GlobalUnicast.Contains(address)) return (AddressBlock.Around(address, 3), "reserved");
        return null;
    }

    /// <summary>The IPv4 address that a translator or tunnel would make of an IPv6 address.</summary>
    public static IPAddress? Embedded(IPAddress address)
    {
        if (address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.IPv6Loopback)) return null;
        var bytes = address.GetAddressBytes();
        if (SixToFour.Contains(address)) return new(bytes.AsSpan(2, 4));
        return Mapped.Contains(address) || Compatible.Contains(address) || Nat64.Contains(address) ? new(bytes.AsSpan(12, 4)) : null;
    }

    private static (AddressBlock Block, string Name) Block(string block, string name) => (Parse(block), name);

    private static AddressBlock Parse(string text) => AddressBlock.TryParse(text, out var block) ? block : throw new ArgumentException(text, nameof(text));
}
