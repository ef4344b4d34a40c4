using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Rooms;

/// <summary>Many members, and members that do not read.</summary>
public sealed class RoomFanoutTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task AThousandMembersGetTwoHundredMessagesEachOnceAndInOrderWhileTenOfThemDoNotRead()
    {
        // Room in the outbox for all that the stalled do not take: they are members to the end.
        await using var relay = await RoomServer.StartAsync(
            rooms => rooms with { OutboxBytes = 32 << 20 },
            settings: all => all with { Server = all.Server with { PingInterval = TimeSpan.FromHours(1) } });
        for (var i = 0; i < 10; i++) (await relay.ConnectAsync("/rooms/crowd")).Socket.ReceiveBufferSize = 4096;
        await UntilAsync(() => Rooms(relay).Joins == 10);

        // More than the system takes for a connection whose other end does not read.
        var rooms = relay.Services.GetRequiredService<IRelayRuntime>().Rooms;
        for (var i = 0; i < 160; i++) Assert.Equal(10, await rooms.PublishAsync(new(TenantId.Default, "crowd"), new(new byte[60_000], IsText: false)));
        var members = new List<RawWebSocketClient>();
        for (var i = 0; i < 990; i++) members.Add(await relay.ConnectAsync("/rooms/crowd"));
        await UntilAsync(() => Rooms(relay).Joins == 1000);

        var reading = members.Select(member => Task.Run(() => ReadAsync(member, 200))).ToList();
        for (var i = 0; i < 200; i++) await members[i % 10].SendTextAsync($"message {i}");

        var seen = await Task.WhenAll(reading).WaitAsync(Bound);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"message {i}").Order(), seen[0].Order());
        Assert.All(seen, order => Assert.Equal(seen[0], order));
        for (var sender = 0; sender < 10; sender++)
            Assert.Equal(Enumerable.Range(0, 20).Select(i => $"message {i * 10 + sender}"), seen[0].Where(text => text[^1] - '0' == sender));
        Assert.Equal((360, 201_600, 0), (Rooms(relay).Messages, Rooms(relay).Deliveries, Rooms(relay).Leaves));
    }

    [Fact]
    public async Task StalledReadersDelayNobodyAndAreClosedAndCounted()
    {
        await using var relay = await RoomServer.StartAsync();
        var stalled = new List<RawWebSocketClient>();
        for (var i = 0; i < 10; i++)
        {
            var client = await relay.ConnectAsync("/rooms/stalled");
            client.Socket.ReceiveBufferSize = 4096;
            stalled.Add(client);
        }

        var reader = await relay.ConnectAsync("/rooms/stalled");
        var sender = await relay.ConnectAsync("/rooms/stalled");
        await UntilAsync(() => Rooms(relay).Joins == 12);
        var counters = relay.Services.GetRequiredService<GatewayCounters>();
        var payload = new byte[60_000];

        // Each message reaches those who read before the next is sent, whoever else does not read.
        for (var i = 0; counters.Closed(CloseReason.SlowConsumer) < 10; i++)
        {
            Assert.True(i < 2000, "Stalled readers were not closed.");
            payload[0] = (byte)i;
            await sender.SendFrameAsync(Opcode.Binary, payload);
            foreach (var member in (RawWebSocketClient[])[reader, sender])
            {
                var frame = await member.ReceiveAsync();
                Assert.Equal((60_000, (byte)i), (frame.Payload.Length, frame.Payload[0]));
            }
        }

        await UntilAsync(() => Rooms(relay).Leaves == 10);
        Assert.Equal(10, counters.PushesOverflowed);
        await sender.SendTextAsync("still here");
        await reader.ExpectTextAsync("still here");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AMemberThatIsGoneIsRemovedAndTheCountsAreRight(bool reset)
    {
        await using var relay = await RoomServer.StartAsync();
        var gone = await relay.ConnectAsync("/rooms/shown-gone");
        var stays = await relay.ConnectAsync("/rooms/shown-gone?since=");
        await stays.ReceiveJsonAsync("joined");

        if (reset) gone.Socket.LingerState = new LingerOption(true, 0);
        gone.Socket.Close();

        Assert.Equal(1, (await stays.ReceiveJsonAsync("member_left")).GetProperty("members").GetInt32());
        Assert.Equal((2, 1), (Rooms(relay).Joins, Rooms(relay).Leaves));
    }

    [Fact]
    [Provokes(ErrorCode.GoingAway)]
    [Provokes(CloseReason.GoingAway)]
    public async Task AStopTellsEveryMemberToGo()
    {
        await using var relay = await RoomServer.StartAsync();
        var members = new List<RawWebSocketClient>();
        for (var i = 0; i < 20; i++) members.Add(await relay.ConnectAsync("/rooms/stop"));

        var stopping = relay.StopAsync();

        foreach (var member in members)
        {
            Assert.Equal((1001, "going_away"), Told(await member.ReceiveCloseAsync()));
            await member.SendCloseAsync(1001);
        }

        await stopping.WaitAsync(Bound);
    }

    private static (int, string) Told(ServerClose close) => (close.Code, close.Reason);

    private static RoomCounters Rooms(RelayServer relay) => relay.Services.GetRequiredService<IRelayRuntime>().Rooms.Counters;

    private static async Task<List<string>> ReadAsync(RawWebSocketClient member, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count) texts.Add((await member.ReceiveAsync()).Text);
        return texts;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 10_000_000 && !condition(); i++) await Task.Run(static () => { });
        Assert.True(condition());
    }
}
