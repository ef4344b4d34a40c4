using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>
/// Tokens whose signature was found good, by SHA-256 of the whole, so that a token costs its signature once and a client that is known gets in while others send
/// bad ones. Bounded: when the newer half is full the older is forgotten.
/// </summary>
internal sealed class VerifiedTokens
{
    private const int Half = 8192;

    private ConcurrentDictionary<Key, Verified> _young = new();
    private ConcurrentDictionary<Key, Verified> _old = new();

    public static Key KeyOf(string token) => new(token);

    public Verified? Find(Key key)
    {
        if (Volatile.Read(ref _young).TryGetValue(key, out var found)) return found;
        if (!Volatile.Read(ref _old).TryGetValue(key, out found)) return null;
        Add(key, found);
        return found;
    }

    public void Add(Key key, Verified verified)
    {
        var young = Volatile.Read(ref _young);
        young[key] = verified;

        // Two that find it full at once both let the older half go, which is no harm.
        if (young.Count < Half) return;
        Volatile.Write(ref _old, young);
        Volatile.Write(ref _young, new());
    }

    /// <summary>SHA-256 of a token: the token itself is not kept.</summary>
    internal readonly record struct Key
    {
        private readonly UInt128 _high;
        private readonly UInt128 _low;

        public Key(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
            _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]);
        }
    }
}

/// <summary>What a token was found to say, and by whose trust and which key: it is worth nothing when either is gone.</summary>
/// <param name="Trust">The trust.</param>
/// <param name="Key">The key.</param>
/// <param name="Identity">Who it is.</param>
/// <param name="NotBefore">From when on it holds, or null.</param>
internal sealed record Verified(TenantTrust Trust, TrustedKey Key, IdentityResult Identity, DateTimeOffset? NotBefore);
