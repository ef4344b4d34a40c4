using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The stored tenants of the cluster; see <see cref="Core.Runtime.TenantBook"/>.</summary>
[Alias("relay.ITenantBookGrain")]
internal interface ITenantBookGrain : IGrainWithIntegerKey
{
    /// <summary>What has changed since a mark.</summary>
    [Alias("Read")]
    Task<TenantNewsReply> Read(long epoch, long number);

    /// <summary>Stores a tenant.</summary>
    [Alias("Put")]
    Task<TenantWriteReply> Put(string tenant, byte[] value, long? expectedVersion);

    /// <summary>Removes a tenant.</summary>
    [Alias("Delete")]
    Task<TenantWriteReply> Delete(string tenant);
}
