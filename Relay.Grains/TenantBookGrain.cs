using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Hosts the cluster's <see cref="TenantBook"/>. Should two of them live for a moment, the store's fence lets the later one alone write.</summary>
[KeepAlive]
internal sealed class TenantBookGrain(SiloHubs silo, IPluginStoreProvider stores, TimeProvider time) : Grain, ITenantBookGrain
{
    private readonly TenantBook _book = new(stores, silo.NextEpoch, time);

    public async Task<TenantNewsReply> Read(long epoch, long number)
    {
        try
        {
            var news = await _book.ReadAsync(new(epoch, number));
            return new(news.Mark.Epoch, news.Mark.Number, news.IsAll, [.. news.Tenants.Select(static one => new TenantEntry(one.Tenant.Name, one.Version, one.UpdatedAt, one.Value))], null);
        }
        catch (StoreUnavailableException fault)
        {
            return new(0, 0, false, [], fault.Message);
        }
    }

    public async Task<TenantWriteReply> Put(string tenant, byte[] value, long? expectedVersion)
    {
        try
        {
            var write = await _book.PutAsync(new TenantId(tenant), value, expectedVersion);
            return new((int)write.Outcome, write.Version, null);
        }
        catch (StoreUnavailableException fault)
        {
            return new(0, 0, fault.Message);
        }
    }

    public async Task<TenantWriteReply> Delete(string tenant)
    {
        try
        {
            return new(0, await _book.DeleteAsync(new TenantId(tenant)) ? 1 : 0, null);
        }
        catch (StoreUnavailableException fault)
        {
            return new(0, 0, fault.Message);
        }
    }
}
