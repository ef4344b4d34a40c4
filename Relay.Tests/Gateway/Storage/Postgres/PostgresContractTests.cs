using Relay.Core.Plugins;
using Relay.Gateway.Storage;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>One server for the suites that leave it running.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresSuites : ICollectionFixture<PostgresCluster>
{
    public const string Name = "PostgreSQL";
}

[NeedsPostgres]
[Collection(PostgresSuites.Name)]
public sealed class PostgresPluginStoreTests(PostgresCluster cluster) : PluginStoreContract
{
    public override Task DisposeAsync() => ((IDurableStore)Provider).DisposeAsync().AsTask();

    protected override Task<IPluginStoreProvider> StartAsync(TimeProvider time) =>
        Task.FromResult<IPluginStoreProvider>(PostgresCluster.Open(cluster.CreateDatabase(), time));
}

[NeedsPostgres]
[Collection(PostgresSuites.Name)]
public sealed class PostgresPluginStoreFencingTests(PostgresCluster cluster) : PluginStoreFencingContract
{
    public override Task DisposeAsync() => ((IDurableStore)Provider).DisposeAsync().AsTask();

    protected override Task<IPluginStoreProvider> StartAsync(TimeProvider time) =>
        Task.FromResult<IPluginStoreProvider>(PostgresCluster.Open(cluster.CreateDatabase(), time));
}
