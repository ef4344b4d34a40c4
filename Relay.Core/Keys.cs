using System.Text;

namespace Relay.Core;

/// <summary>What may name a tenant, a user, a group: any text of 1 to 256 bytes of UTF-8 without U+0000, compared byte by byte.</summary>
/// <remarks>No normalisation and no case folding: ids that look alike are different ids. U+0000 is refused because databases and path parsers do not carry it.</remarks>
public static class Ids
{
    /// <summary>The longest id, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Checks an id.</summary>
    /// <param name="id">The text.</param>
    /// <returns>True when it may name something.</returns>
    public static bool IsValid(string? id)
    {
        if (string.IsNullOrEmpty(id) || id.Length > MaxBytes || id.Contains('\0')) return false;
        try
        {
            return Strict.GetByteCount(id) <= MaxBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    internal static string Checked(string id) =>
        IsValid(id) ? id : throw new ArgumentException("An id is 1 to 256 bytes of UTF-8 without U+0000.", nameof(id));
}

/// <summary>A tenant.</summary>
public readonly record struct TenantId
{
    /// <summary>Makes the key.</summary>
    /// <param name="name">The tenant's name.</param>
    /// <exception cref="ArgumentException">The name is no valid id.</exception>
    public TenantId(string name) => Name = Ids.Checked(name);

    /// <summary>The tenant's name.</summary>
    public string Name { get; }

    /// <summary>The tenant of connections that name none.</summary>
    public static TenantId Default { get; } = new("default");

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A user of a tenant: the key of a user hub.</summary>
public readonly record struct UserKey
{
    /// <summary>Makes the key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="userId">The user's id.</param>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    public UserKey(TenantId tenant, string userId) => (Tenant, UserId) = (tenant, Ids.Checked(userId));

    /// <summary>The tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>The user's id.</summary>
    public string UserId { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{UserId}";
}

/// <summary>One plugin of one user: the key of a plugin host.</summary>
/// <param name="User">The user.</param>
/// <param name="Prefix">The plugin's prefix.</param>
public readonly record struct PluginKey(UserKey User, string Prefix)
{
    /// <inheritdoc/>
    public override string ToString() => $"{User}/{Prefix}";
}
