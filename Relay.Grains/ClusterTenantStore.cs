using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The stored tenants of a cluster, as each of its processes asks for them.</summary>
internal sealed class ClusterTenantStore(IGrainFactory grains) : ITenantStore
{
    private ITenantBookGrain Book => grains.GetGrain<ITenantBookGrain>(0);

    public TimeSpan? AskEvery => TimeSpan.FromSeconds(1);

    public async ValueTask<TenantNews> ReadAsync(TenantMark since, CancellationToken cancellation)
    {
        var reply = await AskAsync(book => book.Read(since.Epoch, since.Number), cancellation);
        if (reply.Fault is { } fault) throw new StoreUnavailableException(fault);
        return new(new(reply.Epoch, reply.Number), reply.IsAll, [.. reply.Tenants.Select(static one => new StoredTenant(new(one.Tenant), one.Version, one.UpdatedAt, one.Value))]);
    }

    public async ValueTask<TenantWrite> PutAsync(TenantId tenant, byte[] value, long? expectedVersion, CancellationToken cancellation)
    {
        var reply = Known(await AskAsync(book => book.Put(tenant.Name, value, expectedVersion), cancellation));
        var outcome = (TenantWriteOutcome)reply.Outcome;
        return Enum.IsDefined(outcome) ? new(outcome, reply.Version) : throw new StoreOutcomeUnknownException($"A newer build answered {reply.Outcome}.", null);
    }

    public async ValueTask<bool> DeleteAsync(TenantId tenant, CancellationToken cancellation) =>
        Known(await AskAsync(book => book.Delete(tenant.Name), cancellation)).Version > 0;

    private static TenantWriteReply Known(TenantWriteReply reply) => reply.Fault is { } fault ? throw new StoreUnavailableException(fault) : reply;

    private async Task<T> AskAsync<T>(Func<ITenantBookGrain, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call(Book).WaitAsync(cancellation);
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            throw new StoreOutcomeUnknownException("The cluster did not answer: " + failure.Message, failure);
        }
    }
}
