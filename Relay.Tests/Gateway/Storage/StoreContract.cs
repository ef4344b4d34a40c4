using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;

namespace Relay.Tests.Gateway.Storage;

/// <summary>What the contract suites of any store need. A suite for another store derives and starts that store empty.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    protected static readonly PluginKey Plugin = Key("default", "ann", "notes_");

    private readonly SettableTime _time = new();

    protected IPluginStoreProvider Provider { get; private set; } = null!;

    protected DateTimeOffset Now => _time.GetUtcNow();

    public async Task InitializeAsync() => Provider = await StartAsync(_time);

    public abstract Task DisposeAsync();

    protected abstract Task<IPluginStoreProvider> StartAsync(TimeProvider time);

    protected static PluginKey Key(string tenant, string user, string prefix) => new(new(new(tenant), user), prefix);

    protected void Advance(TimeSpan by) => _time.Advance(by);

    protected IPluginStore Open(PluginKey? plugin = null) => Provider.Open(plugin ?? Plugin, 1);

    protected static Task<StoredValue?> Get(IPluginStore store, string key) =>
        store.GetAsync(key, CancellationToken.None).AsTask().WaitAsync(Patience);

    protected static Task<StoreWrite> Put(IPluginStore store, string key, byte[] value, long? expectedVersion = null) =>
        store.PutAsync(key, value, expectedVersion, CancellationToken.None).AsTask().WaitAsync(Patience);

    protected static Task<bool> Delete(IPluginStore store, string key) =>
        store.DeleteAsync(key, CancellationToken.None).AsTask().WaitAsync(Patience);

    protected static Task<IReadOnlyList<StoredKey>> List(IPluginStore store) =>
        store.ListAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
}
