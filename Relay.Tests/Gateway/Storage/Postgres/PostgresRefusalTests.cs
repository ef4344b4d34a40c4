using Npgsql;
using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Storage.Postgres;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>What the server says no to: nothing was written, and the others' work goes on.</summary>
[Collection(PostgresSuites.Name)]
public sealed class PostgresRefusalTests(PostgresCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly EventIds<PostgresStore> _log = new();

    [PostgresFact]
    public async Task ARefusedOperationDoesNotTouchItsBatch()
    {
        var database = cluster.CreateDatabase();
        await using var store = Open(database);
        // "bad", by a rule that somebody else made.
        Rule(database, "BEFORE INSERT", "IF NEW.key = '\\x626164' THEN RAISE EXCEPTION 'no: %', NEW.key USING ERRCODE = '23514'; END IF; RETURN NEW;");

        var puts = await BatchAsync(store, database, "a", "bad", "c");

        Assert.Equal(new(true, 1), await puts[0].WaitAsync(Patience));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => puts[1].WaitAsync(Patience));
        Assert.Equal(new(true, 1), await puts[2].WaitAsync(Patience));
        Assert.Equal((1, 0), (store.Counters.Failed, store.Counters.Unknown));
        Assert.Empty(_log.Of(1502));
    }

    [PostgresFact]
    public async Task ARefusalAtTheCommitIsNoAcknowledgement()
    {
        var database = cluster.CreateDatabase();
        await using var store = Open(database);
        Rule(database, "AFTER INSERT", "IF NEW.key = '\\x626164' THEN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END IF; RETURN NULL;", deferred: true);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(store, "ann", "bad"));

        Assert.Null(await store.Open(KeyOf("ann"), 1).GetAsync("bad", default));
    }

    [PostgresFact]
    public async Task ALockThatSomebodyHoldsIsUnavailableForItsValuesAndPasses()
    {
        var database = cluster.CreateDatabase();
        await using var store = Open(database, options => options with { Timeout = TimeSpan.FromSeconds(1) });
        await Put(store, "ann", "a");
        await using (var other = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await other.OpenAsync();
            await using var locking = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("SELECT 1 FROM relay.plugin_owners FOR UPDATE", other);
            await command.ExecuteNonQueryAsync();

            var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(store, "ann", "a"));
            Assert.Contains("55P03", failure.Message, StringComparison.Ordinal);
            Assert.Equal(new(true, 1), await Put(store, "bob", "a"));
        }

        Assert.Equal(new(true, 2), await Put(store, "ann", "a"));
        Assert.True(store.IsAvailable);
    }

    [PostgresFact]
    public async Task AServerThatWritesNoMoreIsUnavailableUntilItDoes()
    {
        var database = cluster.CreateDatabase();
        await using var store = Open(database, options => options with { CalmAfterFailure = TimeSpan.Zero });
        await Put(store, "ann", "a");
        // As on a full disk: reading goes on.
        Rule(database, "BEFORE INSERT OR UPDATE", "RAISE EXCEPTION 'no space' USING ERRCODE = '53100';");
        PostgresCluster.Execute(database, "CREATE TRIGGER stopped BEFORE UPDATE ON relay.clock FOR EACH ROW EXECUTE FUNCTION rule()");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(store, "ann", "a"));
        Assert.Equal(1, (await store.Open(KeyOf("ann"), 1).GetAsync("a", default).AsTask().WaitAsync(Patience))!.Version);
        Assert.False(store.IsAvailable);
        Assert.Equal([1502], _log.Of(1502, 1503));

        // Nobody asks for anything: the store finds out by itself.
        var available = _log.Next(1503);
        PostgresCluster.Execute(database, "DROP FUNCTION rule() CASCADE");
        await available;
        Assert.True(store.IsAvailable);
    }

    private static PluginKey KeyOf(string user) => new(new(new("default"), user), "notes_");

    private static Task<StoreWrite> Put(PostgresStore store, string user, string key) =>
        store.Open(KeyOf(user), 1).PutAsync(key, new byte[1], null, default).AsTask().WaitAsync(Patience);

    private static void Rule(string database, string when, string body, bool deferred = false) => PostgresCluster.Execute(
        database,
        $"""
        CREATE FUNCTION rule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;
        CREATE {(deferred ? "CONSTRAINT" : "")} TRIGGER rule {when} ON relay.plugin_values
        {(deferred ? "DEFERRABLE INITIALLY DEFERRED" : "")} FOR EACH ROW EXECUTE FUNCTION rule();
        """);

    /// <summary>Locks every value, so that whatever comes has to wait.</summary>
    private static async Task<NpgsqlConnection> HoldAsync(string database)
    {
        var other = new NpgsqlConnection(database + ";Pooling=false");
        await other.OpenAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE relay.plugin_owners IN ACCESS EXCLUSIVE MODE", other);
        await command.ExecuteNonQueryAsync();
        return other;
    }

    /// <summary>Puts that wait for the same connection, so that they become one batch.</summary>
    private static async Task<Task<StoreWrite>[]> BatchAsync(PostgresStore store, string database, params string[] keys)
    {
        await using var other = await HoldAsync(database);
        var handle = store.Open(KeyOf("ann"), 1);
        var first = handle.GetAsync("first", default).AsTask();
        return [.. keys.Select(key => handle.PutAsync(key, new byte[1], null, default).AsTask())];
    }

    private PostgresStore Open(string database, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null) =>
        PostgresCluster.Open(database, logger: _log, change: change);
}
