using System.Net;
using System.Net.WebSockets;
using System.Text;
using Relay.Grains.Tests.Processes.Support;
using Relay.Grains.Tests.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>Tenants by the operators' API at one gateway of a cluster, as clients of another notice them; the silo is restarted in between.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class TenantsTests(Servers servers)
{
    private static readonly HttpClient Http = new() { Timeout = Journal.Patience };

    [ProcessFact]
    public async Task WhatOneGatewayIsToldEveryProcessFollows()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "gateway", "gateway"], "--tenants:default:suspended", "false");
        await using var owned = cluster;
        var (here, there) = (nodes[1], nodes[2]);
        // A gateway that has just started does not know yet which tenants there are, and says so.
        await Eventually.Async(async () => await StatusAsync(there, "/t/acme/api/v1/hubs") == 404);
        await Eventually.Async(async () => await PutAsync(here, """{"hub":{"max_connections_per_user":1}}""") == 200);
        await Eventually.Async(async () => await StatusAsync(there, "/t/acme/api/v1/hubs") == 200);

        // The hub is on the silo, which follows as well.
        using var first = await JoinAsync(there);
        Assert.Equal("welcome", await TypeAsync(first));
        using var second = await JoinAsync(here);
        Assert.Equal("max_connections_reached", await TypeAsync(second, "error"));

        Assert.Equal(200, await PostAsync(here, "suspend"));
        Assert.Equal(4403, await CloseAsync(first));

        // What is stored outlives every process that knew it.
        nodes[0].Terminate();
        await nodes[0].ExitAsync();
        var again = cluster.StartAgain(nodes[0]);
        await again.ReadyAsync();
        await Eventually.Async(async () => await PostAsync(there, "resume") == 200);
        await Eventually.Async(async () => await StatusAsync(here, "/t/acme/api/v1/hubs") == 200);
    }

    private static async Task<int> StatusAsync(NodeProcess gateway, string path)
    {
        using var response = await Http.GetAsync(new Uri(gateway.Url, path));
        return (int)response.StatusCode;
    }

    private static async Task<int> PutAsync(NodeProcess gateway, string json)
    {
        using var response = await Http.PutAsync(new Uri(gateway.Url, "/api/v1/tenants/acme"), new StringContent(json));
        return (int)response.StatusCode;
    }

    private static async Task<int> PostAsync(NodeProcess gateway, string what)
    {
        using var response = await Http.PostAsync(new Uri(gateway.Url, "/api/v1/tenants/acme/" + what), null);
        return response.StatusCode == HttpStatusCode.OK ? 200 : (int)response.StatusCode;
    }

    private static async Task<ClientWebSocket> JoinAsync(NodeProcess gateway)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new($"ws://127.0.0.1:{gateway.Port}/t/acme/ws?user_id=alice"), CancellationToken.None).WaitAsync(Journal.Patience);
        return socket;
    }

    private static async Task<string> TypeAsync(ClientWebSocket socket, string member = "type")
    {
        var buffer = new byte[8192];
        var frame = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Journal.Patience);
        using var json = System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetString(buffer, 0, frame.Count));
        return json.RootElement.GetProperty(member).GetString()!;
    }

    private static async Task<int> CloseAsync(ClientWebSocket socket)
    {
        var buffer = new byte[8192];
        while ((await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Journal.Patience)).MessageType != WebSocketMessageType.Close) { }
        return (int)socket.CloseStatus!.Value;
    }
}
