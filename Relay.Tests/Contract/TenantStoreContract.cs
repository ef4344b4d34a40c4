using System.Text;
using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Tests.Contract;

/// <summary>What any store of tenants must do, seen from two processes where there can be two.</summary>
public abstract class TenantStoreContract
{
    private static readonly TenantId A = new("a");
    private static readonly TenantId B = new("b ü/%");

    [Fact]
    public async Task WhatOneProcessWritesTheOtherReads()
    {
        var (here, there) = await StoresAsync();
        Assert.Equal(new TenantWrite(TenantWriteOutcome.Written, 1), await PutAsync(here, A, "one"));
        Assert.Equal(new TenantWrite(TenantWriteOutcome.Written, 2), await PutAsync(there, A, "two"));
        Assert.Equal(new TenantWrite(TenantWriteOutcome.Written, 1), await PutAsync(here, B, "three"));
        foreach (var store in new[] { here, there })
        {
            var news = await store.ReadAsync(default, CancellationToken.None);
            Assert.True(news.IsAll);
            Assert.Equal(["a 2 two", "b ü/% 1 three"], news.Tenants.Select(Text));
        }
    }

    [Fact]
    public async Task AWriteForAnotherVersionIsNotMade()
    {
        var (here, there) = await StoresAsync();
        Assert.Equal(new TenantWrite(TenantWriteOutcome.OtherVersion, 0), await PutAsync(here, A, "x", 1));
        Assert.Equal(TenantWriteOutcome.Written, (await PutAsync(here, A, "one", 0)).Outcome);
        Assert.Equal(new TenantWrite(TenantWriteOutcome.OtherVersion, 1), await PutAsync(there, A, "x", 0));
        Assert.Equal(new TenantWrite(TenantWriteOutcome.Written, 2), await PutAsync(there, A, "two", 1));
    }

    [Fact]
    public async Task AReaderIsToldWhatHasChangedSinceItAsked()
    {
        var (here, there) = await StoresAsync();
        await PutAsync(here, A, "one");
        var mark = (await there.ReadAsync(default, CancellationToken.None)).Mark;
        var nothing = await there.ReadAsync(mark, CancellationToken.None);
        Assert.Equal((mark, 0, false), (nothing.Mark, nothing.Tenants.Count, nothing.IsAll));
        await PutAsync(here, B, "two");
        await PutAsync(here, B, "three");
        Assert.True(await here.DeleteAsync(A, CancellationToken.None));
        var news = await there.ReadAsync(mark, CancellationToken.None);
        Assert.False(news.IsAll);
        Assert.Equal(["a 0 -", "b ü/% 2 three"], news.Tenants.Select(Text).Order(StringComparer.Ordinal));
        Assert.Empty((await there.ReadAsync(news.Mark, CancellationToken.None)).Tenants);
        Assert.False(await there.DeleteAsync(A, CancellationToken.None));
    }

    [Fact]
    public async Task AReaderThatMissedTooMuchReadsAll()
    {
        var (here, there) = await StoresAsync();
        var mark = (await there.ReadAsync(default, CancellationToken.None)).Mark;
        for (var i = 0; i < 1100; i++) await PutAsync(here, A, $"{i}");
        var news = await there.ReadAsync(mark, CancellationToken.None);
        Assert.True(news.IsAll);
        Assert.Equal(["a 1100 1099"], news.Tenants.Select(Text));
    }

    /// <summary>Two that share what they store.</summary>
    private protected abstract Task<(ITenantStore Here, ITenantStore There)> StoresAsync();

    private static ValueTask<TenantWrite> PutAsync(ITenantStore store, TenantId tenant, string text, long? expected = null) =>
        store.PutAsync(tenant, Encoding.UTF8.GetBytes(text), expected, CancellationToken.None);

    private static string Text(StoredTenant tenant) => $"{tenant.Tenant} {tenant.Version} {(tenant.Value is { } value ? Encoding.UTF8.GetString(value) : "-")}";
}
