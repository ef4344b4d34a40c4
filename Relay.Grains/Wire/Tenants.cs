namespace Relay.Grains.Wire;

/// <summary>What is new of tenants; see <see cref="Core.Runtime.TenantNews"/>.</summary>
/// <param name="Epoch">In which life of the book.</param>
/// <param name="Number">The changes of that life.</param>
/// <param name="IsAll">Whether these are all.</param>
/// <param name="Tenants">The tenants.</param>
/// <param name="Fault">Why there is nothing to say, or null.</param>
[GenerateSerializer, Immutable, Alias("relay.TenantNewsReply")]
internal sealed record TenantNewsReply(
    [property: Id(0)] long Epoch, [property: Id(1)] long Number, [property: Id(2)] bool IsAll, [property: Id(3)] TenantEntry[] Tenants, [property: Id(4)] string? Fault);

/// <summary>A tenant as it is stored; without a value it was removed.</summary>
[GenerateSerializer, Immutable, Alias("relay.TenantEntry")]
internal sealed record TenantEntry([property: Id(0)] string Tenant, [property: Id(1)] long Version, [property: Id(2)] DateTimeOffset UpdatedAt, [property: Id(3)] byte[]? Value);

/// <summary>What became of a write.</summary>
/// <param name="Outcome">A <see cref="Core.Runtime.TenantWriteOutcome"/> by its number.</param>
/// <param name="Version">The tenant's version now; of a removal, 0 when it was not stored.</param>
/// <param name="Fault">Why nothing was written, or nobody knows whether; null otherwise.</param>
[GenerateSerializer, Immutable, Alias("relay.TenantWriteReply")]
internal sealed record TenantWriteReply([property: Id(0)] int Outcome, [property: Id(1)] long Version, [property: Id(2)] string? Fault);
