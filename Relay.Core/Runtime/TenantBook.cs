using Relay.Abstractions;
using Relay.Core.Plugins;

namespace Relay.Core.Runtime;

/// <summary>
/// The stored tenants, written through to the store that plugins' values are in as well, and kept in memory with the order in which they changed. One
/// caller at a time: a grain, or a process that is alone.
/// </summary>
/// <param name="stores">The store.</param>
/// <param name="nextEpoch">Numbers the lives of this actor; each is above the one before, also in another process.</param>
/// <param name="time">Tells when something was written.</param>
public sealed class TenantBook(IPluginStoreProvider stores, Func<long> nextEpoch, TimeProvider time)
{
    /// <summary>The most tenants that are stored: every process of a relay keeps all of them.</summary>
    public const int MaxTenants = 10_000;

    /// <summary>The longest text about a tenant, in bytes.</summary>
    public const int MaxBytes = 8 * 1024;

    // A reader that has missed more changes than these reads all.
    private const int MaxChanges = 1024;

    // In one round trip to the database, and within the bound of its queue.
    private const int ReadTogether = 256;

    // No plugin has this prefix, because a plugin's ends with an underscore.
    private static readonly PluginKey Scope = new(new UserKey(TenantId.Default, "relay"), "tenants");

    private readonly SortedDictionary<string, StoredTenant> _tenants = new(StringComparer.Ordinal);
    private readonly Queue<string> _changes = [];
    private IPluginStore? _store;
    private long _epoch;
    private long _number;

    /// <summary>What has changed since a mark.</summary>
    /// <param name="since">The mark.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The changes, or all where these are not known.</returns>
    public async Task<TenantNews> ReadAsync(TenantMark since, CancellationToken cancellation = default)
    {
        await OpenAsync(cancellation);
        var mark = new TenantMark(_epoch, _number);
        if (since.Epoch != _epoch || since.Number > _number || since.Number < _number - _changes.Count) return new(mark, true, [.. _tenants.Values]);
        var changed = _changes.Skip(_changes.Count - (int)(_number - since.Number)).Distinct(StringComparer.Ordinal);
        return new(mark, false, [.. changed.Select(name => _tenants.GetValueOrDefault(name) ?? new(new(name), 0, default, null))]);
    }

    /// <summary>Stores a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="value">What is said of it.</param>
    /// <param name="expectedVersion">The version that it must have now, or null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What became of it.</returns>
    public async Task<TenantWrite> PutAsync(TenantId tenant, byte[] value, long? expectedVersion, CancellationToken cancellation = default)
    {
        var store = await OpenAsync(cancellation);
        var known = _tenants.GetValueOrDefault(tenant.Name);
        if (known is null && _tenants.Count >= MaxTenants) return new(TenantWriteOutcome.Full, 0);
        var write = await DoAsync(() => store.PutAsync(tenant.Name, value, expectedVersion, CancellationToken.None));
        if (!write.Written) return new(TenantWriteOutcome.OtherVersion, write.Version);
        _tenants[tenant.Name] = new(tenant, write.Version, time.GetUtcNow(), value);
        Note(tenant.Name);
        return new(TenantWriteOutcome.Written, write.Version);
    }

    /// <summary>Removes a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>False when it was not stored.</returns>
    public async Task<bool> DeleteAsync(TenantId tenant, CancellationToken cancellation = default)
    {
        var store = await OpenAsync(cancellation);
        if (!await DoAsync(() => store.DeleteAsync(tenant.Name, CancellationToken.None))) return false;
        _tenants.Remove(tenant.Name);
        Note(tenant.Name);
        return true;
    }

    private async ValueTask<IPluginStore> OpenAsync(CancellationToken cancellation)
    {
        if (_store is { } open) return open;
        var epoch = nextEpoch();
        var store = stores.Open(Scope, epoch);
        _tenants.Clear();
        foreach (var keys in (await DoAsync(() => store.ListAsync(cancellation))).Chunk(ReadTogether))
        {
            var values = await Task.WhenAll(keys.Select(key => DoAsync(() => store.GetAsync(key.Key, cancellation)).AsTask()));
            foreach (var (key, value) in keys.Zip(values))
                if (value is not null) _tenants[key.Key] = new(new(key.Key), value.Version, value.UpdatedAt, value.Value.ToArray());
        }

        _changes.Clear();
        (_epoch, _number) = (epoch, 0);
        return _store = store;
    }

    // After a failure nobody knows what is stored, and another life of this actor may have taken its place: it is read again.
    private async ValueTask<T> DoAsync<T>(Func<ValueTask<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (Exception failure) when (failure is StoreUnavailableException or StoreFencedException)
        {
            _store = null;
            if (failure is StoreUnavailableException) throw;
            throw new StoreUnavailableException("The tenants are kept by another process now; ask again.", failure);
        }
    }

    private void Note(string name)
    {
        _number++;
        _changes.Enqueue(name);
        if (_changes.Count > MaxChanges) _changes.Dequeue();
    }
}
