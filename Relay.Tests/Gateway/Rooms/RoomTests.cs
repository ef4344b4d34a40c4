using Relay.Core.Errors;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Rooms;

/// <summary>Rooms over real sockets: who gets what, as which kind of frame.</summary>
public sealed class RoomTests(RoomServer server) : IClassFixture<RoomServer>
{
    [Fact]
    public async Task TextStaysTextAndBinaryStaysBinaryForAllMembersTheSenderIncluded()
    {
        var a = await MemberAsync("/rooms/kinds");
        var b = await MemberAsync("/rooms/kinds", a);
        byte[] bytes = [0, 1, 254, 255];

        await a.SendTextAsync("grüße");
        await a.SendFrameAsync(Opcode.Binary, bytes);
        await a.SendTextAsync("");

        foreach (var member in (RawWebSocketClient[])[a, b])
        {
            await member.ExpectTextAsync("grüße");
            var binary = await member.ReceiveAsync();
            Assert.Equal(Opcode.Binary, binary.Opcode);
            Assert.Equal(bytes, binary.Payload);
            await member.ExpectTextAsync("");
        }
    }

    [Fact]
    public async Task TheRootIsTheRoomDefaultAndTheTenantsAddressesAreApart()
    {
        var root = await MemberAsync("/");
        var named = await MemberAsync("/rooms/default", root);
        var foreign = await MemberAsync("/t/acme/");
        var foreignNamed = await MemberAsync("/t/acme/rooms/default", foreign);

        await root.SendTextAsync("one");
        await foreignNamed.SendTextAsync("two");

        await named.ExpectTextAsync("one");
        await root.ExpectTextAsync("one");
        await foreign.ExpectTextAsync("two");
        await foreignNamed.ExpectTextAsync("two");
    }

    [Fact]
    public async Task ARoomsNameIsDecodedOnce()
    {
        var once = await MemberAsync("/rooms/a%2Fb");
        var same = await MemberAsync("/rooms/%61%2fb", once);
        var twice = await MemberAsync("/rooms/a%252Fb");

        await once.SendTextAsync("hello");
        await twice.SendTextAsync("alone");

        await same.ExpectTextAsync("hello");
        await twice.ExpectTextAsync("alone");
    }

    [Fact]
    public async Task FragmentsArePutTogetherUpToTheLimit()
    {
        var a = await MemberAsync("/rooms/fragments");
        var b = await MemberAsync("/rooms/fragments", a);
        var half = new string('x', 32 * 1024);

        await a.SendFrameAsync(Opcode.Text, System.Text.Encoding.UTF8.GetBytes(half), fin: false);
        await a.SendFrameAsync(Opcode.Ping, Array.Empty<byte>());
        await a.SendFrameAsync(Opcode.Continuation, System.Text.Encoding.UTF8.GetBytes(half));

        await b.ExpectTextAsync(half + half);
    }

    [Fact]
    [Provokes(ErrorCode.MessageTooBig)]
    [Provokes(CloseReason.MessageTooBig)]
    public async Task AMessageOverTheLimitClosesItsSenderAndReachesNobody()
    {
        var a = await MemberAsync("/rooms/big");
        var b = await MemberAsync("/rooms/big", a);

        await a.SendFrameAsync(Opcode.Text, new byte[65536], fin: false);
        await a.SendFrameAsync(Opcode.Continuation, new byte[1]);

        // The first frame is the close: every other would be some member's message.
        Assert.Equal(Opcode.Close, (await a.ReceiveAsync()).Opcode);
        await b.ExpectMemberAsync();
    }

    [Fact]
    [Provokes(ErrorCode.ReceiveOnly)]
    [Provokes(CloseReason.ReceiveOnly)]
    public async Task AMemberOfAReceiveOnlyRoomIsClosedForSending()
    {
        var a = await server.Relay.ConnectAsync("/rooms/news-1");

        await a.SendTextAsync("mine");

        await a.ExpectCloseAsync(4405, "receive_only");
    }

    [Fact]
    [Provokes(ErrorCode.TooManyRooms)]
    [Provokes(CloseReason.TooManyRooms)]
    public async Task ARoomBeyondTheLimitIsRefusedByItsCloseCode()
    {
        await using var relay = await RoomServer.StartAsync(rooms => rooms with { MaxRooms = 1 });
        var a = await relay.ConnectAsync("/rooms/one");
        await a.ExpectMemberAsync();

        var b = await relay.ConnectAsync("/rooms/two");

        await b.ExpectCloseAsync(4429, "too_many_rooms");
        await a.ExpectMemberAsync();
    }

    [Fact]
    [Provokes(ErrorCode.RoomFull)]
    [Provokes(CloseReason.RoomFull)]
    public async Task AMemberBeyondTheLimitIsRefusedAndAPlaceThatIsFreeIsGiven()
    {
        await using var relay = await RoomServer.StartAsync(rooms => rooms with { MaxMembers = 1 });
        var a = await relay.ConnectAsync("/rooms/one");
        await a.ExpectMemberAsync();
        await (await relay.ConnectAsync("/rooms/one")).ExpectCloseAsync(4429, "room_full");
        await (await relay.ConnectAsync("/rooms/two")).ExpectMemberAsync();
        await a.SendFrameAsync(Opcode.Close, Array.Empty<byte>());
        await a.ReceiveCloseAsync();
        await (await relay.ConnectAsync("/rooms/one")).ExpectMemberAsync();
    }

    [Fact]
    public async Task WhoComesBackWithItsPositionGetsWhatItMissed()
    {
        var a = await server.Relay.ConnectAsync("/rooms/history-1?since=");
        await a.ReceiveJsonAsync("joined");
        await a.SendTextAsync("one");
        var position = (await a.ReceiveJsonAsync("message")).GetProperty("position").GetString()!;
        await a.SendTextAsync("two \"quoted\"");
        await a.ReceiveJsonAsync("message");

        var b = await server.Relay.ConnectAsync("/rooms/history-1?since=" + position);

        Assert.True((await b.ReceiveJsonAsync("joined")).GetProperty("recovered").GetBoolean());
        Assert.Equal("two \"quoted\"", (await b.ReceiveJsonAsync("message")).GetProperty("text").GetString());
        var c = await server.Relay.ConnectAsync("/rooms/history-1?since=0-1");
        Assert.False((await c.ReceiveJsonAsync("joined")).GetProperty("recovered").GetBoolean());
    }

    private async Task<RawWebSocketClient> MemberAsync(string target, params RawWebSocketClient[] others)
    {
        var client = await server.Relay.ConnectAsync(target);
        await client.ExpectMemberAsync();
        foreach (var other in others) await other.ExpectTextAsync("are you there");
        return client;
    }
}
