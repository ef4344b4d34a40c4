using System.Collections.Concurrent;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;

namespace Relay.Tests.Contract;

/// <summary>Plugins' values in memory, fenced as the real stores are.</summary>
internal sealed class MemoryStores : IPluginStoreProvider
{
    private readonly ConcurrentDictionary<PluginKey, Values> _values = new();

    public IPluginStore Open(PluginKey plugin, long incarnation)
    {
        var values = _values.GetOrAdd(plugin, static _ => new());
        Raise(values, incarnation - 1);
        return new Store(values, incarnation);
    }

    public void Fence(PluginKey plugin, long incarnation) => Raise(_values.GetOrAdd(plugin, static _ => new()), incarnation);

    private static void Raise(Values values, long incarnation)
    {
        lock (values) values.Fenced = Math.Max(values.Fenced, incarnation);
    }

    private sealed class Values
    {
        public SortedDictionary<string, StoredValue> Items { get; } = new(StringComparer.Ordinal);

        public long Fenced { get; set; }
    }

    private sealed class Store(Values values, long incarnation) : IPluginStore
    {
        public ValueTask<StoredValue?> GetAsync(string key, CancellationToken cancellation) => Do(items => items.GetValueOrDefault(key));

        public ValueTask<StoreWrite> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion, CancellationToken cancellation) => Do(items =>
        {
            var version = items.TryGetValue(key, out var known) ? known.Version : 0;
            if (expectedVersion is { } expected && expected != version) return new StoreWrite(false, version);
            items[key] = new(version + 1, default, value);
            return new(true, version + 1);
        });

        public ValueTask<bool> DeleteAsync(string key, CancellationToken cancellation) => Do(items => items.Remove(key));

        public ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation) =>
            Do(items => (IReadOnlyList<StoredKey>)[.. items.Select(item => new StoredKey(item.Key, item.Value.Version, item.Value.UpdatedAt))]);

        private ValueTask<T> Do<T>(Func<SortedDictionary<string, StoredValue>, T> action)
        {
            lock (values)
            {
                return incarnation <= values.Fenced ? ValueTask.FromException<T>(new StoreFencedException()) : new(action(values.Items));
            }
        }
    }
}
