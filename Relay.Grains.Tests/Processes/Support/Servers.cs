using Relay.Tests.Gateway.Storage.Postgres;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>The tests of real processes: one after the other and beside no others, because each uses the whole machine.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessTests : ICollectionFixture<Servers>
{
    public const string Name = "Processes";
}

/// <summary>The Redis and the PostgreSQL that they share. Each cluster has its own name in the one and its own database in the other.</summary>
public sealed class Servers : IAsyncLifetime
{
    internal RedisServer Redis { get; } = new();

    internal PostgresCluster Postgres { get; } = new();

    public Task InitializeAsync() => ProcessFactAttribute.Missing is null ? Redis.StartAsync() : Task.CompletedTask;

    public Task DisposeAsync()
    {
        Redis.Dispose();
        Postgres.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>A test that needs Redis and PostgreSQL: skipped where one is not installed, but never by CI, where that is a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProcessFactAttribute : FactAttribute
{
    public ProcessFactAttribute() => Skip = Missing;

    public static string? Missing => RedisServer.Missing ?? PostgresPrograms.Missing;
}
