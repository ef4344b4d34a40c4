using System.Net;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Rooms;

/// <summary>What is wrong is refused clearly, and touches nobody else.</summary>
public sealed class RoomBadInputTests(RoomServer server) : IClassFixture<RoomServer>
{
    public static TheoryData<string, int> Refused => new()
    {
        { "/rooms/", 400 },
        { "/rooms", 404 },
        { "/rooms/a/b", 404 },
        { "/rooms/" + new string('x', 257), 400 },
        { "/rooms/" + new string('x', 10_240), 414 },
        { "/rooms/a%00b", 400 },
        { "/rooms/%zz", 400 },
        { "/rooms/%ff", 400 },
        { "/rooms/a?since=nonsense", 400 },
        { "/rooms/a?since=x-1&since=x-2", 400 },
        { "/rooms/a?since=%zz", 400 },
        { "/t//rooms/a", 400 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task AFaultyAddressIsRefusedBeforeTheUpgrade(string target, int status)
    {
        var bystander = await server.Relay.ConnectAsync("/rooms/bystander");

        var client = await server.Relay.TryConnectAsync(target);

        Assert.InRange(client.Status, 400, 499);
        if (target.Length < 8000) Assert.Equal(status, client.Status);
        await bystander.ExpectMemberAsync();
    }

    [Theory]
    [InlineData("POST", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", HttpStatusCode.UpgradeRequired)]
    public async Task WithoutAnUpgradeARoomSaysWhatItSpeaks(string method, HttpStatusCode status)
    {
        using var http = new HttpClient();
        using var answer = await http.SendAsync(new(new(method), new Uri(server.Relay.Url, "/rooms/a")));
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task ABrowserAtTheRootGetsTheConsole()
    {
        using var http = new HttpClient();
        Assert.StartsWith("<!doctype html", await http.GetStringAsync(server.Relay.Url), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(1002, 3)]
    [InlineData(1007, 1)]
    public async Task GarbageClosesItsSenderAloneAndCountsIsOut(int code, int opcode)
    {
        var bystander = await server.Relay.ConnectAsync("/rooms/garbage" + code);
        await bystander.ExpectMemberAsync();
        var client = await server.Relay.ConnectAsync("/rooms/garbage" + code);
        await client.ExpectMemberAsync();
        await bystander.ExpectTextAsync("are you there");

        await client.SendFrameAsync((Opcode)opcode, new byte[] { 0xff });

        Assert.Equal(code, (await client.ReceiveCloseAsync()).Code);
        await bystander.ExpectMemberAsync();
    }

    [Fact]
    public async Task RandomBytesCloseTheirSenderAndNothingElse()
    {
        var bystander = await server.Relay.ConnectAsync("/rooms/noise");
        await bystander.ExpectMemberAsync();
        var random = new Random(4);
        for (var i = 0; i < 50; i++)
        {
            var client = await server.Relay.ConnectAsync("/rooms/noise-" + i);
            var noise = new byte[256];
            random.NextBytes(noise);
            noise[0] |= 0x70;
            await client.SendRawAsync(noise);
            Assert.Equal(1002, (await client.ReceiveCloseAsync()).Code);
        }

        await bystander.ExpectMemberAsync();
    }

    [Fact]
    public async Task WithRoomsOffTheirAddressesAreNotThere()
    {
        await using var relay = await RoomServer.StartAsync(rooms => rooms with { Enabled = false });
        Assert.Equal(404, (await relay.TryConnectAsync("/rooms/a")).Status);
        Assert.Equal(404, (await relay.TryConnectAsync("/")).Status);
    }

    [Fact]
    public async Task APageOfAnotherOriginMayNotEnter() =>
        Assert.Equal(403, (await server.Relay.TryConnectAsync("/rooms/a", ("Origin", "https://evil.example"))).Status);
}
