using System.Text;

namespace Relay.Core;

/// <summary>What may name a tenant, a user, a group, a room: any text of 1 to 256 bytes of UTF-8 without U+0000, compared byte by byte.</summary>
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

    /// <summary>The key as one string, for an actor that is named by one. The tenant's length stands before it, because ids may hold any character.</summary>
    /// <returns>The string.</returns>
    public string ToActorKey() => ActorKeys.Join(Tenant, UserId);

    /// <summary>Reads <see cref="ToActorKey"/>.</summary>
    /// <param name="key">The string.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static UserKey FromActorKey(string key)
    {
        var (tenant, user) = ActorKeys.Split(key);
        return new(tenant, user);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{UserId}";
}

/// <summary>A room of a tenant.</summary>
public readonly record struct RoomKey
{
    /// <summary>Makes the key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="name">The room's name.</param>
    /// <exception cref="ArgumentException">The name is no valid id.</exception>
    public RoomKey(TenantId tenant, string name) => (Tenant, Name) = (tenant, Ids.Checked(name));

    /// <summary>The room of members that name none.</summary>
    public const string DefaultName = "default";

    /// <summary>The tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>The room's name.</summary>
    public string Name { get; }

    /// <summary>The key as one string, for an actor that is named by one.</summary>
    /// <returns>The string.</returns>
    public string ToActorKey() => ActorKeys.Join(Tenant, Name);

    /// <summary>Reads <see cref="ToActorKey"/>.</summary>
    /// <param name="key">The string.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static RoomKey FromActorKey(string key)
    {
        var (tenant, name) = ActorKeys.Split(key);
        return new(tenant, name);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{Name}";
}

/// <summary>One plugin of one user: the key of a plugin host.</summary>
/// <param name="User">The user.</param>
/// <param name="Prefix">The plugin's prefix.</param>
public readonly record struct PluginKey(UserKey User, string Prefix)
{
    /// <inheritdoc/>
    public override string ToString() => $"{User}/{Prefix}";
}

/// <summary>A part of a tenant's directory of hubs, where a cluster spreads it: the key of a central hub.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Shard">Which part, from 0.</param>
public readonly record struct CentralKey(TenantId Tenant, int Shard)
{
    /// <summary>The part that knows a user. The same in every process and version: it must not depend on anything but the id.</summary>
    /// <param name="user">The user.</param>
    /// <param name="shards">How many parts there are.</param>
    /// <returns>The key.</returns>
    public static CentralKey Of(UserKey user, int shards)
    {
        // FNV-1a over UTF-16, folded: no secret is needed, since one tenant's users only crowd their own tenant's shards.
        var hash = 2166136261u;
        foreach (var c in user.UserId) hash = (hash ^ c) * 16777619u;
        return new(user.Tenant, (int)((hash ^ (hash >> 15)) % (uint)shards));
    }

    /// <summary>The key as one string.</summary>
    /// <returns>The string.</returns>
    public string ToActorKey() => ActorKeys.Join(Tenant, Shard.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Reads <see cref="ToActorKey"/>.</summary>
    /// <param name="key">The string.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static CentralKey FromActorKey(string key)
    {
        var (tenant, shard) = ActorKeys.Split(key);
        return new(tenant, int.Parse(shard, System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>Keys of actors as strings: the length of the tenant's name, a colon, the name, the rest.</summary>
public static class ActorKeys
{
    /// <summary>Whose actor a key names.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The tenant.</returns>
    /// <exception cref="FormatException">It is no key of the relay's.</exception>
    public static TenantId TenantOf(string key) => Split(key).Tenant;

    internal static string Join(TenantId tenant, string rest) => $"{tenant.Name.Length}:{tenant.Name}{rest}";

    internal static (TenantId Tenant, string Name) Split(string key)
    {
        var colon = key.IndexOf(':');
        if (colon < 1 || !int.TryParse(key.AsSpan(0, colon), System.Globalization.NumberStyles.None, null, out var length) || length > key.Length - colon - 1)
            throw new FormatException("This is no key of an actor.");
        return (new(key.Substring(colon + 1, length)), key[(colon + 1 + length)..]);
    }
}
