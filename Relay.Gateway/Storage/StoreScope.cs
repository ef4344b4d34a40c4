using System.Text;
using Relay.Core;

namespace Relay.Gateway.Storage;

/// <summary>Whose rows: a plugin's key as the database holds it.</summary>
internal sealed class StoreScope(PluginKey plugin) : IComparable<StoreScope>
{
    private const int MaxKeyBytes = 256;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public PluginKey Plugin => plugin;

    public byte[] Tenant { get; } = Strict.GetBytes(plugin.User.Tenant.Name);

    public byte[] UserId { get; } = Strict.GetBytes(plugin.User.UserId);

    public byte[] Prefix { get; } = Strict.GetBytes(plugin.Prefix);

    /// <summary>The bytes of a value's key.</summary>
    /// <exception cref="ArgumentException">It is empty, longer than 256 bytes or not Unicode text.</exception>
    public static byte[] Encode(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        try
        {
            var bytes = Strict.GetBytes(key);
            if (bytes.Length <= MaxKeyBytes) return bytes;
        }
        catch (EncoderFallbackException)
        {
            // Said below: half of a surrogate pair has no UTF-8.
        }

        throw new ArgumentException("A key is 1 to 256 bytes of UTF-8.", nameof(key));
    }

    /// <summary>An order that is the same in every process.</summary>
    public int CompareTo(StoreScope? other)
    {
        if (other is null) return 1;
        var order = Tenant.AsSpan().SequenceCompareTo(other.Tenant);
        if (order == 0) order = UserId.AsSpan().SequenceCompareTo(other.UserId);
        return order == 0 ? Prefix.AsSpan().SequenceCompareTo(other.Prefix) : order;
    }

    public static string Decode(byte[] key) => Strict.GetString(key);
}
