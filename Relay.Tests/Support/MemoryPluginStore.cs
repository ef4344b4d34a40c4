using System.Text;
using Relay.Abstractions;

namespace Relay.Tests.Support;

/// <summary>A store in memory that keeps the contract of <see cref="IPluginStore"/>. For one thread.</summary>
internal sealed class MemoryPluginStore : IPluginStore
{
    private readonly SortedDictionary<string, StoredValue> _values = new(StringComparer.Ordinal);

    /// <summary>Runs before each call: throws, or plays another writer.</summary>
    public Func<string, ValueTask> Before { get; set; } = static _ => default;

    public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public IReadOnlyDictionary<string, string> Texts => _values.ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString(pair.Value.Value.Span));

    public async ValueTask<StoredValue?> GetAsync(string key, CancellationToken cancellation)
    {
        await Before("get");
        return _values.GetValueOrDefault(key);
    }

    public async ValueTask<StoreWrite> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion, CancellationToken cancellation)
    {
        await Before("put");
        return Put(key, value, expectedVersion);
    }

    public async ValueTask<bool> DeleteAsync(string key, CancellationToken cancellation)
    {
        await Before("delete");
        return _values.Remove(key);
    }

    public async ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation)
    {
        await Before("list");
        return [.. _values.Select(pair => new StoredKey(pair.Key, pair.Value.Version, pair.Value.UpdatedAt))];
    }

    /// <summary>Writes at once, as another instance would.</summary>
    public StoreWrite Put(string key, ReadOnlyMemory<byte> value, long? expectedVersion = null)
    {
        var version = _values.GetValueOrDefault(key)?.Version ?? 0;
        if (expectedVersion is { } expected && expected != version) return new(false, version);
        _values[key] = new(version + 1, Now, value.ToArray());
        return new(true, version + 1);
    }
}
