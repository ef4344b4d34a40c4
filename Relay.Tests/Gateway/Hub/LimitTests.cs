using System.Net.Sockets;
using Relay.Core.Errors;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>The limit of connections per user, exact under a burst, and freed by every way in which a connection ends.</summary>
public sealed class LimitTests
{
    [Fact]
    [Provokes(ErrorCode.MaxConnectionsReached)]
    [Provokes(CloseReason.MaxConnectionsReached)]
    public async Task FiftySimultaneousJoinsAtLimitFiveGiveFiveWelcomesEveryTime()
    {
        await using var relay = await HubServer.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            var joins = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => JoinAsync(relay))));

            var members = joins.OfType<RawWebSocketClient>().ToList();
            Assert.Equal(5, members.Count);
            foreach (var member in members) await member.ExpectUsableAsync();
            foreach (var member in members) await LeaveAsync(member);
        }
    }

    [Fact]
    public async Task WhoHasReadTheAnswerToItsGoodbyeMayComeBack()
    {
        await using var relay = await HubServer.StartAsync(One);
        for (var i = 0; i < 20; i++)
        {
            var (client, _) = await relay.JoinAsync();
            await client.SendCloseAsync(1000);
            Assert.Equal(new ServerClose(1000, ""), await client.ReceiveCloseAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Provokes(CloseReason.PeerGone)]
    public async Task AConnectionThatEndsWithoutAGoodbyeFreesItsPlace(bool reset)
    {
        using var probe = new Probe();
        await using var relay = await HubServer.StartAsync(One, probe);
        var (client, _) = await relay.JoinAsync();
        await client.AskAsync("probe_who");

        if (reset) client.Socket.LingerState = new LingerOption(true, 0);
        client.Socket.Close();
        await probe.LastLeftAsync();

        var (next, welcome) = await relay.JoinAsync();
        Assert.Equal(1, welcome.GetProperty("client_count").GetInt32());
        await next.ExpectUsableAsync();
    }

    [Fact]
    public async Task AConnectionWhosePeerIsSilentIsPingedAndThenFreesItsPlace()
    {
        var time = new ManualTime();
        await using var relay = await HubServer.StartAsync(One, time: time);
        var (client, _) = await relay.JoinAsync();

        // The sweep that first sees a connection starts its clock.
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(Relay.WebSockets.Opcode.Ping, (await client.ReceiveAsync()).Opcode);
        await relay.ExpectFullAsync();
        time.Advance(TimeSpan.FromSeconds(20));

        await relay.JoinAsync();
        Assert.False(await client.ReceiveEndAsync());
    }

    [Fact]
    public async Task AConnectionThatWasClosedForAViolationFreesItsPlaceAtOnce()
    {
        await using var relay = await HubServer.StartAsync(One);
        var (client, _) = await relay.JoinAsync();

        await client.SendFrameAsync((Relay.WebSockets.Opcode)3, Array.Empty<byte>());

        Assert.Equal(1002, (await client.ReceiveCloseAsync()).Code);
        await relay.JoinAsync();
    }

    [Fact]
    public async Task ARefusedConnectionHoldsNoPlaceAndIsNoClient()
    {
        await using var relay = await HubServer.StartAsync(One);
        var (client, _) = await relay.JoinAsync();
        var refused = await relay.ConnectAsync();
        await refused.ExpectAsync("""{"type":"error","error":"max_connections_reached","message":"The user is at the limit of connections."}""");

        // It is closing, not a client: what it sends is not handled, and what is pushed does not reach it.
        await refused.SendTextAsync("""{"type":"echo_all","data":"from the refused"}""");
        await client.SendTextAsync("""{"type":"echo_all","data":1}""");
        await client.ExpectAsync("""{"type":"echo_said","data":1}""");
        await refused.ExpectCloseAsync(4429, "max_connections_reached");
        await client.ExpectUsableAsync();
    }

    private static RelaySettings One(RelaySettings settings) => settings with { Hub = settings.Hub with { MaxConnectionsPerUser = 1 } };

    private static async Task<RawWebSocketClient?> JoinAsync(RelayServer relay)
    {
        var client = await relay.ConnectAsync();
        var first = await client.ReceiveJsonAsync();
        if (first.GetProperty("type").GetString() == "welcome")
        {
            Assert.InRange(first.GetProperty("client_count").GetInt32(), 1, 5);
            return client;
        }

        Assert.Equal("max_connections_reached", first.GetProperty("error").GetString());
        await client.ExpectCloseAsync(4429, "max_connections_reached");
        return null;
    }

    private static async Task LeaveAsync(RawWebSocketClient client)
    {
        await client.SendCloseAsync(1000);
        Assert.Equal(1000, (await client.ReceiveCloseAsync()).Code);
    }
}
