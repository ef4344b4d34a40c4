using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;

namespace Relay.Tests.Contract;

/// <summary>Rooms: every message to every member, in one order; what patterns add to it.</summary>
public abstract class RoomContract : RoomContractBase
{
    [Fact]
    public async Task EveryMessageGoesToAllMembersTheSenderIncludedAsItWasSent()
    {
        var (a, aLink) = await EnterAsync("r", "a");
        var (b, bLink) = await EnterAsync("r", "b");
        aLink.Publish(Text("hello"), new(1, 5));
        Assert.Equal("hello", await a.NextAsync());
        Assert.Equal("hello", await b.NextAsync());
        bLink.Publish(new([0, 255], IsText: false), new(1, 2));
        foreach (var member in (RoomProbe[])[a, b])
        {
            var frame = await member.NextFrameAsync();
            Assert.False(frame.IsText);
            Assert.Equal([0, 255], frame.Bytes);
        }

        Assert.Equal((1, 1), (a.Returned, b.Returned));
    }

    [Fact]
    public async Task AllMembersSeeTheMessagesOfSeveralSendersInOneOrder()
    {
        var members = new List<(RoomProbe Probe, RoomLink Link)>();
        for (var i = 0; i < 5; i++) members.Add(await EnterAsync("r", "m" + i));
        await Task.WhenAll(members.Select((member, sender) => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++) member.Link.Publish(Text($"{sender}:{i:000}"), new(1, 5));
        })));

        var seen = new List<List<string>>();
        foreach (var (probe, _) in members) seen.Add(await probe.NextAsync(1000));
        Assert.All(seen, order => Assert.Equal(seen[0], order));
        for (var sender = 0; sender < 5; sender++)
            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{sender}:{i:000}"), seen[0].Where(text => text.StartsWith($"{sender}:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task WhoHasLeftGetsNothingAndAnEmptyRoomIsForgotten()
    {
        var (gone, goneLink) = await EnterAsync("r", "gone");
        var (stays, link) = await EnterAsync("r", "stays");
        Assert.Equal(("r", 2), await OnlyRoomAsync());
        goneLink.Leave();
        await UntilAsync(async () => await OnlyRoomAsync() == ("r", 1));
        link.Publish(Text("hello"), new(1, 5));
        Assert.Equal("hello", await stays.NextAsync());
        Assert.Empty(gone.Rest());
        link.Leave();
        await UntilAsync(async () => (await Runtime.Rooms.ListAsync(TenantId.Default, null, 10)).Total == 0);
        Assert.Equal(0, await Runtime.Rooms.PublishAsync(Room("r"), Text("nobody")));
        Assert.Equal((2, 2), (Runtime.Rooms.Counters.Joins, Runtime.Rooms.Counters.Leaves));
    }

    [Fact]
    public async Task ThatARoomHasFilledAndEmptiedIsToldOnceEach()
    {
        var (_, first) = await EnterAsync("told", "a");
        var (_, second) = await EnterAsync("told", "b");
        first.Leave();
        second.Leave();
        Assert.Equal("RoomFirstIn told 0", await Probe.HeardAsync("events-told"));
        Assert.Equal("RoomLastOut told 0", await Probe.HeardAsync("events-told"));
        await UntilAsync(async () => (await Runtime.Rooms.ListAsync(TenantId.Default, null, 10)).Total == 0);
        await EnterAsync("told", "c");
        Assert.Equal("RoomFirstIn told 0", await Probe.HeardAsync("events-told"));
    }

    [Fact]
    public async Task RoomsAndTenantsAreApart()
    {
        var (a, link) = await EnterAsync("r", "a");
        var (other, _) = await EnterAsync("r2", "b");
        var foreign = new RoomProbe("c");
        Assert.NotNull((await Runtime.Rooms.JoinAsync(new(new("acme"), "r"), foreign, default)).Link);
        link.Publish(Text("hello"), new(1, 5));
        Assert.Equal("hello", await a.NextAsync());
        Assert.Equal(1, await Runtime.Rooms.PublishAsync(Room("r2"), Text("two")));
        Assert.Equal("two", await other.NextAsync());
        Assert.Equal(1, await Runtime.Rooms.PublishAsync(new(new("acme"), "r"), Text("three")));
        Assert.Equal("three", await foreign.NextAsync());
        Assert.Empty(a.Rest());
    }

    [Fact]
    public async Task ANewRoomBeyondTheLimitIsRefusedAndAnOldOneIsNot()
    {
        for (var i = 0; i < 4; i++) await EnterAsync("r" + i, "a");
        Assert.Equal(ErrorCode.TooManyRooms, (await Runtime.Rooms.JoinAsync(Room("r4"), new RoomProbe("b"), default)).Error);
        Assert.Null(await Runtime.Rooms.PublishAsync(Room("history-1"), Text("lost")));
        Assert.Equal(0, await Runtime.Rooms.PublishAsync(Room("r4"), Text("nobody")));
        await EnterAsync("r3", "b");
    }

    [Fact]
    public async Task AMemberBeyondTheLimitIsRefusedUntilAnotherHasLeft()
    {
        Options = Options with { Rooms = new([], 4, maxMembers: 2) };
        var (_, first) = await EnterAsync("r", "a");
        await EnterAsync("r", "b");
        Assert.Equal(ErrorCode.RoomFull, (await Runtime.Rooms.JoinAsync(Room("r"), new RoomProbe("c"), default)).Error);
        await EnterAsync("r2", "c");
        first.Leave();
        RoomLink? link = null;
        await UntilAsync(async () => (link ??= (await Runtime.Rooms.JoinAsync(Room("r"), new RoomProbe("d"), default)).Link) is not null);
        Assert.Equal(ErrorCode.RoomFull, (await Runtime.Rooms.JoinAsync(Room("r"), new RoomProbe("e"), default)).Error);
        Assert.Equal(2, await Runtime.Rooms.PublishAsync(Room("r"), Text("to both")));
    }

    [Fact]
    public async Task MembersOfAReceiveOnlyRoomGetABackEndsMessagesAndAreClosedForTheirOwn()
    {
        var (a, link) = await EnterAsync("news-1", "a");
        var (b, _) = await EnterAsync("news-1", "b");
        link.Publish(Text("mine"), new(1, 4));
        Assert.Equal(ErrorCode.ReceiveOnly, await a.Closing);
        Assert.Equal(2, await Runtime.Rooms.PublishAsync(Room("news-1"), Text("news")));
        Assert.Equal("news", await b.NextAsync());
    }

    private async Task<(string, int)> OnlyRoomAsync()
    {
        var page = await Runtime.Rooms.ListAsync(TenantId.Default, null, 10);
        var room = Assert.Single(page.Rooms);
        return (room.Name, room.Members);
    }
}
