using Relay.Core;
using Relay.Gateway.Storage;
using Relay.Gateway.Storage.Postgres;

namespace Relay.Tests.Gateway.Storage.Postgres;

[Collection(PostgresSuites.Name)]
public sealed class PostgresStartTests(PostgresCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PluginKey Plugin = new(new(new("default"), "ann"), "notes_");

    private readonly Lazy<string> _database = new(cluster.CreateDatabase);

    [PostgresFact]
    public async Task StoresThatStartAtOnceOnAnEmptyDatabaseMakeOneSchema()
    {
        var database = _database.Value;
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => PostgresCluster.Open(database)))).WaitAsync(Patience);

        await stores[0].Open(Plugin, 1).PutAsync("a", new byte[] { 1 }, 0, default);
        foreach (var store in stores)
        {
            Assert.NotNull(await store.Open(Plugin, 1).GetAsync("a", default));
            await store.DisposeAsync();
        }

        Assert.Equal(PostgresDatabase.Version, PostgresCluster.Execute(database, "SELECT version FROM relay.schema_version"));
        Assert.Equal(1L, PostgresCluster.Execute(database, "SELECT count(*) FROM relay.schema_version"));
    }

    [PostgresFact]
    public async Task ValuesAndIncarnationsOutliveTheProcess()
    {
        long incarnation;
        await using (var first = PostgresCluster.Open(_database.Value))
        {
            incarnation = first.Incarnations.Next();
            await first.Open(Plugin, incarnation).PutAsync("a", new byte[] { 1, 2 }, null, default);
        }

        // As after a move to a server whose clock is behind.
        PostgresCluster.Execute(_database.Value, "UPDATE relay.clock SET last = last + 3600 * 1000000::bigint");
        await using var second = PostgresCluster.Open(_database.Value);
        await using var third = PostgresCluster.Open(_database.Value);

        Assert.Equal([1, 2], (await second.Open(Plugin, second.Incarnations.Next()).GetAsync("a", default))!.Value.ToArray());
        Assert.True(second.Incarnations.Next() - incarnation > 3600L * 1_000_000 << 11);
        Assert.True(third.Incarnations.Next() > incarnation);
    }

    [PostgresFact]
    public async Task TheSchemaOfANewerVersionIsLeftAlone()
    {
        await using (PostgresCluster.Open(_database.Value)) { }
        PostgresCluster.Execute(_database.Value, "UPDATE relay.schema_version SET version = 99");

        AssertRefused(_database.Value, "newer Relay: its schema is version 99, this program knows 1");
    }

    [PostgresFact]
    public void TheSchemaOfAnotherProgramIsLeftAlone()
    {
        PostgresCluster.Execute(_database.Value, "CREATE SCHEMA relay; CREATE TABLE relay.theirs (x int)");

        AssertRefused(_database.Value, "another program");
    }

    [PostgresFact]
    public async Task ASchemaThatAnAdministratorHasMadeIsEnough()
    {
        PostgresCluster.Execute(
            _database.Value, $"CREATE ROLE limited LOGIN PASSWORD '{PostgresCluster.Password}'; CREATE SCHEMA relay AUTHORIZATION limited");

        await using var store = PostgresCluster.Open(_database.Value.Replace("Username=relay", "Username=limited", StringComparison.Ordinal));

        Assert.Equal(new(true, 1), await store.Open(Plugin, 1).PutAsync("a", new byte[1], null, default));
    }

    [PostgresFact]
    public void AWrongPasswordIsRefused() =>
        AssertRefused(_database.Value.Replace("Password=", "Password=not-", StringComparison.Ordinal), "refused the user name or the password (28P01)");

    [PostgresFact]
    public void ADatabaseThatIsNotThereIsRefused() => AssertRefused(cluster.ConnectionString("nowhere"), "does not exist (3D000)");

    [PostgresFact]
    public void AStandbyIsRefused()
    {
        // Read-only as a standby is, in the one respect that a test can have without a second server.
        PostgresCluster.Execute(_database.Value, "ALTER ROLE relay IN DATABASE " + _database.Value.Split("Database=")[1].Split(';')[0] + " SET default_transaction_read_only = on");

        AssertRefused(_database.Value, "(25006)");
    }

    [Fact]
    public void AnUnknownHostIsRefused() => AssertRefused($"Host=no-such-host.invalid;Username=relay;Password={PostgresCluster.Password}", "no-such-host.invalid");

    [Fact]
    public void AServerThatDoesNotListenIsRefused() => AssertRefused($"Host=127.0.0.1;Port=1;Username=relay;Password={PostgresCluster.Password}", "refused");

    [Fact]
    public void WhatIsNoConnectionStringIsRefused() => AssertRefused($"postgres://relay:{PostgresCluster.Password}@db/relay", "connection string");

    private static void AssertRefused(string database, string why)
    {
        var refused = Assert.Throws<StoreStartException>(() => PostgresCluster.Open(database));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresCluster.Password, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
