using Relay.Core.Plugins;
using Relay.Gateway.Storage.Sqlite;

namespace Relay.Tests.Gateway.Storage;

public sealed class SqlitePluginStoreTests : PluginStoreContract
{
    private readonly StoreFolder _folder = new();

    public override async Task DisposeAsync()
    {
        await ((SqliteStore)Provider).DisposeAsync();
        _folder.Dispose();
    }

    protected override Task<IPluginStoreProvider> StartAsync(TimeProvider time) =>
        Task.FromResult<IPluginStoreProvider>(_folder.Start(time));
}

public sealed class SqlitePluginStoreFencingTests : PluginStoreFencingContract
{
    private readonly StoreFolder _folder = new();

    public override async Task DisposeAsync()
    {
        await ((SqliteStore)Provider).DisposeAsync();
        _folder.Dispose();
    }

    protected override Task<IPluginStoreProvider> StartAsync(TimeProvider time) =>
        Task.FromResult<IPluginStoreProvider>(_folder.Start(time));
}
