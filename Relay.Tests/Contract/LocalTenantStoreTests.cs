using System.Text;
using Relay.Abstractions;
using Relay.Core.Runtime;

namespace Relay.Tests.Contract;

/// <summary>The tenants of a relay that is one process.</summary>
public sealed class LocalTenantStoreTests : TenantStoreContract
{
    private readonly MemoryStores _stores = new();

    [Fact]
    public async Task WhatIsStoredIsThereInTheNextLife()
    {
        using var first = new LocalTenantStore(_stores, TimeProvider.System);
        await first.PutAsync(new("a"), "one"u8.ToArray(), null, CancellationToken.None);
        using var second = new LocalTenantStore(_stores, TimeProvider.System, new From(100));
        var news = await second.ReadAsync(new(1, 1), CancellationToken.None);
        Assert.True(news.IsAll);
        Assert.Equal("one", Encoding.UTF8.GetString(Assert.Single(news.Tenants).Value!));

        // Two lives at once: the later one has it, and the earlier one says so.
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await first.PutAsync(new("a"), "two"u8.ToArray(), null, CancellationToken.None));
    }

    private protected override Task<(ITenantStore Here, ITenantStore There)> StoresAsync()
    {
        var store = new LocalTenantStore(_stores, TimeProvider.System);
        return Task.FromResult<(ITenantStore, ITenantStore)>((store, store));
    }

    private sealed class From(long first) : Core.Plugins.IIncarnationSource
    {
        private long _last = first;

        public long Next() => Interlocked.Increment(ref _last);
    }
}
