using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;
using Relay.Gateway.Storage.Postgres;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>A whole relay whose database goes away and comes back.</summary>
public sealed class PostgresRelayTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    private readonly EventIds<PostgresStore> _log = new();

    [PostgresFact]
    public async Task WhileTheDatabaseIsAwayConnectionsStayAndWhatCannotWorkSaysSo()
    {
        var database = cluster.CreateDatabase();
        await using var relay = await RelayServer.StartAsync(
            settings => settings with
            {
                Plugins = settings.Plugins with { Echo = new RelayEchoOptions { Enabled = true } },
                Storage = new RelayStorageOptions { Postgres = new RelayPostgresOptions { ConnectionString = database } },
            },
            services => services.AddSingleton<ILogger<PostgresStore>>(_log));
        var (alice, _) = await relay.JoinAsync();
        await alice.SendTextAsync(SetState(1));
        await alice.ReceiveJsonAsync("session_state_set");

        cluster.Crash();
        await alice.SendTextAsync(SetState(2));
        var refused = (await alice.ReceiveJsonAsync("error")).GetProperty("error").GetString();
        Assert.Contains(refused, (string[])["session_unavailable", "session_outcome_unknown"]);
        await alice.SendTextAsync("""{"type":"echo_say","request_id":"e","data":1}""");
        await alice.ReceiveJsonAsync("echo_said");
        // Who comes meanwhile gets a hub.
        var (bob, _) = await relay.JoinAsync("bob");
        await bob.SendTextAsync("""{"type":"session_list","request_id":"l"}""");
        Assert.Equal("session_unavailable", (await bob.ReceiveJsonAsync("error")).GetProperty("error").GetString());

        var available = _log.Next(1503);
        cluster.Start();
        await available;
        await alice.SendTextAsync("""{"type":"session_get_state","request_id":"g","session_id":"s"}""");
        var state = (await alice.ReceiveJsonAsync("session_state")).GetProperty("data");
        Assert.Equal((1, 1), (state.GetProperty("version").GetInt32(), state.GetProperty("state").GetProperty("n").GetInt32()));
        await alice.SendTextAsync(SetState(2));
        Assert.Equal(2, (await alice.ReceiveJsonAsync("session_state_set")).GetProperty("data").GetProperty("version").GetInt32());
        await bob.SendTextAsync("""{"type":"session_list","request_id":"l"}""");
        await bob.ReceiveJsonAsync("session_listed");
        Assert.DoesNotContain(PostgresCluster.Password, _log.Text, StringComparison.Ordinal);
    }

    private static string SetState(int n) =>
        $$$"""{"type":"session_set_state","request_id":"{{{n}}}","session_id":"s","data":{"state":{"n":{{{n}}} } } }""";
}
