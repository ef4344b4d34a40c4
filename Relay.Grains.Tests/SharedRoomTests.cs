using System.Text;
using System.Text.Json;
using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>One room at two gateways, and silos and gateways that are lost.</summary>
public sealed class SharedRoomTests : ClusterTest
{
    private static readonly RoomJoin Events = new(WantsEvents: true);

    private protected override RuntimeOptions Options { get; } = new(
        new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 10_000),
        new RestartPolicy((TimeSpan?)null),
        new InboxLimits(60_000, 64 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)),
        4,
        3)
    {
        Rooms = new([new("history-*", new() { HistoryMessages = 100, Presence = true })], 100),
    };

    [Fact]
    public async Task AllMembersAtBothGatewaysSeeTheMessagesOfBothInOneOrder()
    {
        var members = new List<(RoomProbe Probe, RoomLink Link)>();
        for (var i = 0; i < 4; i++) members.Add(await EnterAsync(i % 2 == 0 ? First : Second, "r", "m" + i));
        await Task.WhenAll(members.Select((member, sender) => Task.Run(() =>
        {
            for (var i = 0; i < 250; i++) member.Link.Publish(Text($"{sender}:{i:000}"), new(1, 5));
        })));
        var seen = new List<List<string>>();
        foreach (var (probe, _) in members) seen.Add(await probe.NextAsync(1000));
        Assert.All(seen, order => Assert.Equal(seen[0], order));
        for (var sender = 0; sender < 4; sender++)
            Assert.Equal(Enumerable.Range(0, 250).Select(i => $"{sender}:{i:000}"), seen[0].Where(text => text.StartsWith($"{sender}:", StringComparison.Ordinal)));
        await Eventually.Async(() => Task.FromResult(members.All(static member => member.Probe.Returned == 250)));
        Assert.Equal((2000, 2000), (First.Rooms.Counters.Deliveries, Second.Rooms.Counters.Deliveries));
    }

    [Fact]
    public async Task WhatWasMissedAtOneGatewayIsRecoveredAtTheOther()
    {
        var (a, link) = await EnterAsync(First, "history-1", "a", Events);
        var start = (await a.NextEventAsync("joined")).GetProperty("position").GetString()!;
        link.Publish(Text("one"), new(1, 3));
        await a.NextEventAsync("message");
        var (b, _) = await EnterAsync(Second, "history-1", "b", new(WantsEvents: true, Position(start)));
        var joined = await b.NextEventAsync("joined");
        Assert.Equal((true, 2), (joined.GetProperty("recovered").GetBoolean(), joined.GetProperty("members").GetInt32()));
        Assert.Equal("one", (await b.NextEventAsync("message")).GetProperty("text").GetString());
        Assert.Equal("b", (await a.NextEventAsync("member_joined")).GetProperty("connection_id").GetString());
        Assert.Equal(["a", "b"], (await Second.Rooms.ListMembersAsync(Room("history-1"), null, 10))!.Members!.Select(static member => member.ConnectionId));
        Assert.Equal([new RoomDescription("history-1", 2)], (await First.Rooms.ListAsync(TenantId.Default, null, 10)).Rooms);
    }

    [Fact]
    public async Task AGatewayThatIsLostLosesItsMembersAndOthersGoOn()
    {
        var (a, link) = await EnterAsync(First, "history-1", "a", Events);
        await a.NextEventAsync("joined");
        await EnterAsync(Second, "history-1", "b");
        await a.NextEventAsync("member_joined");
        Second.Dispose();
        Assert.Equal("b", (await a.NextEventAsync("member_left")).GetProperty("connection_id").GetString());
        link.Publish(Text("still here"), new(1, 10));
        Assert.Equal("still here", (await a.NextEventAsync("message")).GetProperty("text").GetString());
        Assert.Equal(1, await First.Rooms.PublishAsync(Room("history-1"), Text("news")));
    }

    [Fact]
    public async Task ARoomThatIsLostBeginsAnewAndSaysThatItCannotRecover()
    {
        var (a, link) = await EnterAsync(First, "history-1", "a", Events);
        var old = (await a.NextEventAsync("joined")).GetProperty("position").GetString()!;
        var (b, _) = await EnterAsync(Second, "history-1", "b");
        await a.NextEventAsync("member_joined");

        await Cluster.KillAsync(Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == First.ClusterRooms.SiloOf(Room("history-1"))));

        // Who listens is told that there is a gap; nobody has to reconnect.
        JsonElement again;
        do again = JsonSerializer.Deserialize<JsonElement>(await a.NextAsync());
        while (again.GetProperty("type").GetString() != "joined");
        Assert.False(again.GetProperty("recovered").GetBoolean());
        Assert.NotEqual(old, again.GetProperty("position").GetString());
        var (c, _) = await EnterAsync(Second, "history-1", "c", new(WantsEvents: true, Position(old)));
        Assert.False((await c.NextEventAsync("joined")).GetProperty("recovered").GetBoolean());

        await Eventually.Async(async () => (await First.Rooms.ListMembersAsync(Room("history-1"), null, 10))?.Members is [_, _, _]);
        link.Publish(Text("after"), new(1, 5));
        Assert.Equal("after", await b.NextAsync());
    }

    [Fact]
    public async Task AMemberThatLeavesAndComesBackManyTimesIsCountedRight()
    {
        var (a, _) = await EnterAsync(First, "r", "a");
        for (var i = 0; i < 30; i++)
        {
            var (_, link) = await EnterAsync(Second, "r", "b" + i);
            link.Leave();
        }

        await Eventually.Async(async () => (await First.Rooms.ListAsync(TenantId.Default, null, 10)).Rooms is [{ Members: 1 }]);
        var (last, lastLink) = await EnterAsync(Second, "r", "last");
        lastLink.Publish(Text("hello"), new(1, 5));
        Assert.Equal("hello", await a.NextAsync());
        Assert.Equal("hello", await last.NextAsync());
    }

    private static Frame Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static RoomKey Room(string name) => new(TenantId.Default, name);

    private static RoomPosition Position(string text)
    {
        Assert.True(RoomPosition.TryParse(text, out var position));
        return position;
    }

    private static async Task<(RoomProbe Probe, RoomLink Link)> EnterAsync(OrleansRuntime gateway, string room, string id, RoomJoin join = default)
    {
        var probe = new RoomProbe(id);
        var (link, error) = await gateway.Rooms.JoinAsync(Room(room), probe, join).AsTask().WaitAsync(RecordingConnection.Patience);
        Assert.Null(error);
        return (probe, link!);
    }
}
