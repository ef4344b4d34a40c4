using System.Text.Json;
using Relay.Core.Nodes.Wire;
using Relay.Grains.Tests.Processes.Support;
using Relay.Grains.Tests.Support;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Webhooks;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>What a cluster tells a tenant's own program: each event once, by the process that has what it happened to, and nothing anew when a silo is lost.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class WebhooksTests(Servers servers)
{
    private static readonly HttpClient Http = new() { Timeout = Journal.Patience };

    [ProcessFact]
    public async Task EachEventIsToldOnceAlsoWhenEverySiloIsLostInTurn()
    {
        await using var receiver = await HookReceiver.StartAsync();
        var settings = Path.GetTempFileName();
        await File.WriteAllTextAsync(settings, $$"""
            webhooks:
              url: {{receiver.Url}}
              secret: {{HookReceiver.Secret}}
              events: [connected, disconnected, room_first_in, room_last_out, room_joined, room_left, node_connected, node_disconnected]
            """);
        var (cluster, processes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"], "--config-file", settings);
        await using var owned = cluster;
        var (here, there) = (processes[2], processes[3]);
        var user = await RawWebSocketClient.ConnectAsync(here.Port, "/ws?user_id=alice");
        await user.ReceiveJsonAsync("welcome");
        var node = await TestNode.JoinAsync(await RawWebSocketClient.ConnectAsync(there.Port, "/nodes", ("Sec-WebSocket-Protocol", NodeWire.Subprotocol)), "n");
        var members = new List<RawWebSocketClient>();
        foreach (var gateway in (NodeProcess[])[here, there])
        {
            var member = await RawWebSocketClient.ConnectAsync(gateway.Port, "/rooms/hall?since=");
            await member.ReceiveJsonAsync("joined");
            members.Add(member);
        }

        for (var i = 0; i < 2; i++)
        {
            processes[i].Kill();
            await Eventually.Async(async () => await AreThereAsync(here));
            if (i == 1) break;
            var returned = cluster.StartAgain(processes[i]);
            await returned.ReadyAsync();
            await ProcessCluster.SeesAsync(returned, 2);
        }

        foreach (var client in (RawWebSocketClient[])[.. members, user]) await client.SendCloseAsync(1000);
        await node.DisposeAsync();
        var told = new Dictionary<string, JsonElement>();
        while (told.Count < 10)
            foreach (var one in (await receiver.NextAsync()).Body.GetProperty("events").EnumerateArray()) told[one.GetProperty("id").GetString()!] = one;
        Assert.Equal(
            [
                "connected", "disconnected", "node_connected n", "node_disconnected n", "room_first_in hall", "room_joined hall", "room_joined hall", "room_last_out hall", "room_left hall", "room_left hall",
            ],
            told.Values.Select(static one => $"{one.GetProperty("event").GetString()} {Subject(one)}".Trim()).Order(StringComparer.Ordinal));
        File.Delete(settings);
    }

    // Everything of the cluster knows of them again, so that what is told from here on is told by the successors.
    private static async Task<bool> AreThereAsync(NodeProcess gateway)
    {
        try
        {
            return (await Http.GetStringAsync(new Uri(gateway.Url, "/api/v1/rooms"))).Contains("\"members\":2", StringComparison.Ordinal)
                && (await Http.GetStringAsync(new Uri(gateway.Url, "/api/v1/users"))).Contains("\"connections\":1", StringComparison.Ordinal)
                && (await Http.GetStringAsync(new Uri(gateway.Url, "/api/v1/nodes"))).Contains("\"node_id\":\"n\"", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Subject(JsonElement one) => one.TryGetProperty("room", out var room) || one.TryGetProperty("node_id", out room) ? room.GetString()! : "";
}
