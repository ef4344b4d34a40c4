using Relay.Tests.Gateway.Storage.Postgres;
using Relay.Tests.Support;

namespace Relay.Tests.Processes;

/// <summary>The relay as it is started from a shell, on PostgreSQL.</summary>
public sealed class PostgresProcessTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-process-");

    public void Dispose() => _folder.Delete(recursive: true);

    [PostgresFact]
    public async Task AnAcknowledgedStateIsThereAfterAKillAndInAnotherProcess()
    {
        const int writes = 50;
        var database = cluster.CreateDatabase();
        await using (var relay = await StartAsync(database))
        {
            await using var client = await relay.JoinAsync();
            for (var i = 1; i <= writes; i++)
            {
                await client.SendTextAsync(SetState(i));
                await client.ReceiveJsonAsync("session_state_set");
            }

            relay.Kill();
            await relay.ExitAsync();
        }

        // The user moves from one to the other: what the first had open is fenced, not lost.
        await using var again = await StartAsync(database);
        await using var other = await StartAsync(database);
        foreach (var relay in (RelayProcess[])[again, other])
        {
            await using var reader = await relay.JoinAsync();
            Assert.Equal((writes, writes), await GetStateAsync(reader));
        }

        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "data")), "There is an SQLite store as well.");
    }

    [PostgresFact]
    public async Task ADatabaseThatRefusesIsOneLineAndOne()
    {
        var database = cluster.CreateDatabase().Replace("Password=", "Password=not-", StringComparison.Ordinal);
        await using var relay = RelayProcess.Start(_folder.FullName, null, ("RELAY_STORAGE__POSTGRES__CONNECTION_STRING", database));

        var (code, _, errors) = await relay.ExitAsync();

        Assert.Equal(1, code);
        var line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("relay: The store '127.0.0.1:", line, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresCluster.Password, line, StringComparison.Ordinal);
    }

    private static string SetState(int n) =>
        $$$"""{"type":"session_set_state","request_id":"{{{n}}}","session_id":"s","data":{"state":{"n":{{{n}}} } } }""";

    private static async Task<(int Version, int N)> GetStateAsync(RawWebSocketClient client)
    {
        await client.SendTextAsync("""{"type":"session_get_state","request_id":"1","session_id":"s"}""");
        var data = (await client.ReceiveJsonAsync("session_state")).GetProperty("data");
        return (data.GetProperty("version").GetInt32(), data.GetProperty("state").GetProperty("n").GetInt32());
    }

    private Task<RelayProcess> StartAsync(string database) => RelayProcess.StartAsync(
        _folder.FullName, null, ("RELAY_STORAGE__POSTGRES__CONNECTION_STRING", database));
}
