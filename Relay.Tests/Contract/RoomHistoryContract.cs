using Relay.Core.Rooms;
using Relay.Core.Runtime;

namespace Relay.Tests.Contract;

/// <summary>Members that asked for events: what they missed, who is there, their own messages.</summary>
public abstract class RoomHistoryContract : RoomContractBase
{
    private static readonly RoomJoin Events = new(WantsEvents: true);

    [Fact]
    public async Task WhoComesBackGetsWhatItMissedAndThenWhatComes()
    {
        var (a, link) = await EnterAsync("history-1", "a", Events);
        var start = (await a.NextEventAsync("joined")).GetProperty("position").GetString()!;
        var positions = new List<string>();
        foreach (var text in (string[])["one", "two", "three"])
        {
            link.Publish(Text(text), new(1, 3));
            var message = await a.NextEventAsync("message");
            Assert.Equal(text, message.GetProperty("text").GetString());
            positions.Add(message.GetProperty("position").GetString()!);
        }

        var (b, _) = await EnterAsync("history-1", "b", Since(positions[0]));
        Assert.True((await b.NextEventAsync("joined")).GetProperty("recovered").GetBoolean());
        link.Publish(new([1, 2], IsText: false), new(1, 2));
        Assert.Equal("two", (await b.NextEventAsync("message")).GetProperty("text").GetString());
        Assert.Equal("three", (await b.NextEventAsync("message")).GetProperty("text").GetString());
        Assert.Equal("AQI=", (await b.NextEventAsync("message")).GetProperty("binary").GetString());

        // The start is four messages back, and three are kept.
        var (c, _) = await EnterAsync("history-1", "c", Since(start));
        Assert.False((await c.NextEventAsync("joined")).GetProperty("recovered").GetBoolean());
        link.Publish(Text("live"), new(1, 4));
        Assert.Equal("live", (await c.NextEventAsync("message")).GetProperty("text").GetString());
        Assert.Equal((1, 1), (Runtime.Rooms.Counters.Recovered, Runtime.Rooms.Counters.NotRecovered));
    }

    [Fact]
    public async Task ASeamToLiveHasNoGapAndNoDuplicateWhileOthersSend()
    {
        var (a, link) = await EnterAsync("history-1", "a", Events);
        var last = (await a.NextEventAsync("joined")).GetProperty("position").GetString()!;
        var numbers = new List<int>();
        for (var round = 0; round < 20; round++)
        {
            var sending = Task.Run(() =>
            {
                for (var i = 0; i < 3; i++) link.Publish(Text($"{round * 3 + i}"), new(1, 1));
            });
            var (b, bLink) = await EnterAsync("history-1", "b" + round, Since(last));
            Assert.True((await b.NextEventAsync("joined")).GetProperty("recovered").GetBoolean());
            await sending;
            for (var i = 0; i < 3; i++)
            {
                var message = await b.NextEventAsync("message");
                numbers.Add(int.Parse(message.GetProperty("text").GetString()!, System.Globalization.CultureInfo.InvariantCulture));
                last = message.GetProperty("position").GetString()!;
            }

            bLink.Leave();
        }

        Assert.Equal(Enumerable.Range(0, 60), numbers);
    }

    [Fact]
    public async Task WhatIsTooOldIsGoneAndARoomThatBeganAnewSaysThatItCannotRecover()
    {
        var (a, link) = await EnterAsync("history-1", "a", Events);
        var before = (await a.NextEventAsync("joined")).GetProperty("position").GetString()!;
        link.Publish(Text("old"), new(1, 3));
        var after = (await a.NextEventAsync("message")).GetProperty("position").GetString()!;
        Host.Advance(TimeSpan.FromMinutes(1));
        var (b, bLink) = await EnterAsync("history-1", "b", Since(before));
        Assert.False((await b.NextEventAsync("joined")).GetProperty("recovered").GetBoolean());
        var (c, cLink) = await EnterAsync("history-1", "c", Since(after));
        Assert.True((await c.NextEventAsync("joined")).GetProperty("recovered").GetBoolean());

        link.Leave();
        bLink.Leave();
        cLink.Leave();
        await AdvanceUntilAsync(EndedAsync(), TimeSpan.FromSeconds(1));
        var (d, _) = await EnterAsync("history-1", "d", Since(after));
        var joined = await d.NextEventAsync("joined");
        Assert.False(joined.GetProperty("recovered").GetBoolean());
        Assert.NotEqual(after, joined.GetProperty("position").GetString());
    }

    [Fact]
    public async Task WithoutEchoTheSenderIsToldThePlaceOfItsMessage()
    {
        var (a, link) = await EnterAsync("quiet-1", "a", Events);
        await a.NextEventAsync("joined");
        var (b, _) = await EnterAsync("quiet-1", "b", Events);
        await b.NextEventAsync("joined");
        var (bare, bareLink) = await EnterAsync("quiet-1", "c");
        link.Publish(Text("hello"), new(1, 5));
        var position = (await b.NextEventAsync("message")).GetProperty("position").GetString();
        Assert.Equal(position, (await a.NextEventAsync("sent")).GetProperty("position").GetString());
        Assert.Equal("hello", await bare.NextAsync());
        bareLink.Publish(Text("bare"), new(1, 4));
        Assert.Equal("bare", (await a.NextEventAsync("message")).GetProperty("text").GetString());
        Assert.Empty(bare.Rest());
    }

    [Fact]
    public async Task MembersThatAskedForEventsAreToldWhoComesAndGoes()
    {
        var (a, _) = await EnterAsync("shown-1", "a", Events, "alice");
        Assert.Equal(1, (await a.NextEventAsync("joined")).GetProperty("members").GetInt32());
        var (b, link) = await EnterAsync("shown-1", "b", default, "bob");
        var joined = await a.NextEventAsync("member_joined");
        Assert.Equal(("b", "bob", 2), (joined.GetProperty("connection_id").GetString(), joined.GetProperty("user_id").GetString(), joined.GetProperty("members").GetInt32()));
        var page = await Runtime.Rooms.ListMembersAsync(Room("shown-1"), null, 10);
        Assert.Equal([new RoomMemberInfo("a", "alice"), new("b", "bob")], page!.Members!);
        link.Leave();
        Assert.Equal("b", (await a.NextEventAsync("member_left")).GetProperty("connection_id").GetString());
        Assert.Empty(b.Rest());
        Assert.Equal([new RoomMemberInfo("a", "alice")], (await Runtime.Rooms.ListMembersAsync(Room("shown-1"), null, 10))!.Members!);

        await EnterAsync("r", "c");
        Assert.Null((await Runtime.Rooms.ListMembersAsync(Room("r"), null, 10))!.Members);
        Assert.Null(await Runtime.Rooms.ListMembersAsync(Room("none"), null, 10));
    }

    private static RoomJoin Since(string position)
    {
        Assert.True(RoomPosition.TryParse(position, out var since));
        return new(WantsEvents: true, since);
    }

    private async Task<bool> EndedAsync()
    {
        while ((await Runtime.Rooms.ListAsync(Relay.Core.TenantId.Default, null, 10)).Total != 0) await Host.SettleAsync();
        return true;
    }
}
