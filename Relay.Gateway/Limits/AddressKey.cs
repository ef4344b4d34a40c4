using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Relay.Gateway.Limits;

/// <summary>Where a request comes from, as far as one party can choose it: an IPv4 address, or of IPv6 the /64 that a provider gives to one customer.</summary>
internal readonly record struct AddressKey(ulong Network, bool IsIPv6)
{
    /// <summary>The key of an address; null for what is none, such as a pipe of the same machine.</summary>
    public static AddressKey? Of(IPAddress? address)
    {
        if (address is null) return null;
        Span<byte> bytes = stackalloc byte[16];
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (!address.TryWriteBytes(bytes, out _)) return null;
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new(BinaryPrimitives.ReadUInt64BigEndian(bytes), true)
            : new(BinaryPrimitives.ReadUInt32BigEndian(bytes), false);
    }
}
