using System.Text.Json;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes.Wire;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>Events of the other jobs than hubs: of rooms, peers, nodes and tunnels.</summary>
public sealed class WebhookJobTests
{
    [Fact]
    public async Task RoomsThatFillAndEmptyAreToldAndTheirMembersOnlyToWhomWantsThem()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await StartAsync(receiver, RelayEventKind.RoomFirstIn, RelayEventKind.RoomLastOut, RelayEventKind.RoomJoined, RelayEventKind.RoomLeft);
        var first = await relay.ConnectAsync("/rooms/r%C3%BC?user_id=alice");
        var events = await receiver.EventsAsync(2);
        var second = await relay.ConnectAsync("/rooms/r%C3%BC");
        events.AddRange(await receiver.EventsAsync(1));
        await first.SendCloseAsync(1000);
        events.AddRange(await receiver.EventsAsync(1));
        await second.SendCloseAsync(1000);
        events.AddRange(await receiver.EventsAsync(2));
        Assert.Equal(["room_first_in", "room_joined", "room_joined", "room_left", "room_left", "room_last_out"], events.Select(Name));
        Assert.All(events, one => Assert.Equal("rü", one.GetProperty("room").GetString()));
        Assert.Equal(events[1].GetProperty("connection_id").GetString(), events[3].GetProperty("connection_id").GetString());
        Assert.False(events[0].TryGetProperty("connection_id", out _));
        Assert.DoesNotContain(RelayEventKind.RoomJoined, new RelayWebhooksOptions().Events);
    }

    [Fact]
    public async Task PeersThatComeAndGoAreTold()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await StartAsync(receiver, RelayEventKind.PeerConnected, RelayEventKind.PeerDisconnected);
        var peer = await relay.ConnectAsync("/introduction/p1");
        var came = Assert.Single(await receiver.EventsAsync(1));
        await peer.SendCloseAsync(1000);
        var left = Assert.Single(await receiver.EventsAsync(1));
        Assert.Equal(("peer_connected", "peer_disconnected"), (Name(came), Name(left)));
        Assert.Equal(("p1", "p1"), (came.GetProperty("peer_id").GetString(), left.GetProperty("peer_id").GetString()));
    }

    [Fact]
    public async Task NodesThatComeAndGoAreToldWithTheirModelsAndThoseThatWereTurnedAwayAreNot()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await RelayServer.StartAsync(settings => receiver.Hooked()(settings) with { Nodes = settings.Nodes with { MaxNodes = 1 } });
        Assert.Empty((await receiver.NextAsync()).Events);
        var node = await TestNode.JoinAsync(relay, "n/1", models: ["m", "o"]);
        var came = Assert.Single(await receiver.EventsAsync(1));
        var beyond = await TestNode.DialAsync(relay);
        await beyond.SendFrameAsync(Opcode.Text, NodeMessageWriter.Write(new NodeHello("other", ["m"], 1, "")));
        Assert.Equal(ErrorCatalogue.Of(CloseReason.TooManyNodes).Code, (await beyond.ReceiveCloseAsync()).Code);
        await node.DisposeAsync();
        var left = Assert.Single(await receiver.EventsAsync(1));
        Assert.Equal(("node_connected", "node_disconnected"), (Name(came), Name(left)));
        foreach (var one in (JsonElement[])[came, left])
        {
            Assert.Equal("n/1", one.GetProperty("node_id").GetString());
            Assert.Equal(["m", "o"], one.GetProperty("models").EnumerateArray().Select(static model => model.GetString()));
        }
    }

    [Fact]
    public async Task TunnelsAreToldWithTheirBytes()
    {
        await using var receiver = await HookReceiver.StartAsync();
        using var listener = TunnelRig.Listen();
        await using var relay = await TunnelRig.StartAsync(settings: receiver.Hooked(static hooks => hooks with { Events = [RelayEventKind.TunnelOpened, RelayEventKind.TunnelClosed] }));
        Assert.Empty((await receiver.NextAsync()).Events);
        var (client, target) = await relay.TunnelAsync(listener, "/tunnel?user_id=alice");
        var opened = Assert.Single(await receiver.EventsAsync(1));
        await client.SendChunkAsync("hello");
        await target.ReadAsync(5);
        await target.SendAsync("hi"u8.ToArray());
        Assert.Equal(2, (await client.ReceiveBytesAsync(2)).Length);
        target.Dispose();
        await client.SendCloseAsync(1000);
        var closed = Assert.Single(await receiver.EventsAsync(1));
        Assert.Equal(("tunnel_opened", "tunnel_closed"), (Name(opened), Name(closed)));
        Assert.Equal(opened.GetProperty("tunnel").GetString(), closed.GetProperty("tunnel").GetString());
        Assert.Equal(("alice", 5L, 2L), (closed.GetProperty("user_id").GetString(), closed.GetProperty("bytes_up").GetInt64(), closed.GetProperty("bytes_down").GetInt64()));
        Assert.NotEqual("", closed.GetProperty("reason").GetString());
        Assert.False(closed.TryGetProperty("target", out _));
    }

    private static async Task<RelayServer> StartAsync(HookReceiver receiver, params RelayEventKind[] events)
    {
        var relay = await RelayServer.StartAsync(receiver.Hooked(hooks => hooks with { Events = [.. events] }));
        Assert.Empty((await receiver.NextAsync()).Events);
        return relay;
    }

    private static string? Name(JsonElement one) => one.GetProperty("event").GetString();
}
