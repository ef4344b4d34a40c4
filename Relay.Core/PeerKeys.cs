namespace Relay.Core;

/// <summary>A peer of a tenant, as it names itself in its address.</summary>
public readonly record struct PeerKey
{
    /// <summary>Makes the key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="peerId">The peer's id.</param>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    public PeerKey(TenantId tenant, string peerId) => (Tenant, PeerId) = (tenant, Ids.Checked(peerId));

    /// <summary>The tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>The peer's id.</summary>
    public string PeerId { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{PeerId}";
}

/// <summary>A document that peers are interested in.</summary>
public readonly record struct DocumentKey
{
    /// <summary>Makes the key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="documentId">The document's id.</param>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    public DocumentKey(TenantId tenant, string documentId) => (Tenant, DocumentId) = (tenant, Ids.Checked(documentId));

    /// <summary>The tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>The document's id.</summary>
    public string DocumentId { get; }

    /// <summary>The key as one string, for an actor that is named by one.</summary>
    /// <returns>The string.</returns>
    public string ToActorKey() => ActorKeys.Join(Tenant, DocumentId);

    /// <summary>Reads <see cref="ToActorKey"/>.</summary>
    /// <param name="key">The string.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static DocumentKey FromActorKey(string key)
    {
        var (tenant, document) = ActorKeys.Split(key);
        return new(tenant, document);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{DocumentId}";
}

/// <summary>Two peers that want to talk about a document, whichever of them came first.</summary>
public readonly record struct PipeKey
{
    private PipeKey(TenantId tenant, string first, string second, string documentId) => (Tenant, First, Second, DocumentId) = (tenant, first, second, documentId);

    /// <summary>The tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>The peer whose id stands first in byte order of UTF-16.</summary>
    public string First { get; }

    /// <summary>The other peer; it may be the same.</summary>
    public string Second { get; }

    /// <summary>The document.</summary>
    public string DocumentId { get; }

    /// <summary>Whether a peer talks with itself.</summary>
    public bool IsLoop => First == Second;

    /// <summary>Makes the key, the same for both peers.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="local">The peer that asks.</param>
    /// <param name="remote">The peer that it asks for.</param>
    /// <param name="documentId">The document.</param>
    /// <returns>The key, and whether the peer that asks is its second.</returns>
    /// <exception cref="ArgumentException">An id is not valid.</exception>
    public static (PipeKey Key, bool IsSecond) Of(TenantId tenant, string local, string remote, string documentId)
    {
        Ids.Checked(local);
        Ids.Checked(remote);
        Ids.Checked(documentId);
        return string.CompareOrdinal(local, remote) <= 0
            ? (new(tenant, local, remote, documentId), false)
            : (new(tenant, remote, local, documentId), true);
    }

    /// <summary>The key as one string. Lengths stand before the peers' ids, because ids may hold any character.</summary>
    /// <returns>The string.</returns>
    public string ToActorKey() => ActorKeys.Join(Tenant, $"{First.Length}:{First}{Second.Length}:{Second}{DocumentId}");

    /// <summary>Reads <see cref="ToActorKey"/>.</summary>
    /// <param name="key">The string.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static PipeKey FromActorKey(string key)
    {
        var (tenant, rest) = ActorKeys.Split(key);
        var (first, more) = ActorKeys.Split(rest);
        var (second, document) = ActorKeys.Split(more);
        return new(tenant, first.Name, second.Name, document);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{First}+{Second}/{DocumentId}";
}
