using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Errors;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Limits;

/// <summary>The limits of tenants, users and addresses over all jobs, at the relay's front door.</summary>
public sealed class LimitsOverSocketsTests
{
    private static readonly string[] Addresses = ["/ws?user_id=a", "/rooms/r?user_id=a", "/introduction/a?user_id=a", "/connection/a/b/d?user_id=a", "/tunnel?user_id=a"];

    [Fact]
    [Provokes(ErrorCode.TooManyConnections)]
    [Provokes(CloseReason.TooManyConnections)]
    public async Task ConnectionsOfAllKindsTogetherHaveTheTenantsPlaces()
    {
        await using var relay = await StartAsync(new() { TenantConnections = Addresses.Length });
        foreach (var address in Addresses) await relay.ConnectAsync(address);
        foreach (var address in Addresses.Append("/nodes"))
        {
            var refused = address == "/nodes" ? await relay.ConnectAsync(address, ("Sec-WebSocket-Protocol", "relay.node.v1")) : await relay.ConnectAsync(address);
            Assert.Equal(new ServerClose(4429, "too_many_connections"), await refused.ReceiveCloseAsync());
        }

        // Another tenant has places of its own.
        await relay.JoinAsync("alice", "/t/other/ws");
    }

    [Fact]
    public async Task ATenantMayHaveLimitsOfItsOwnWhichChangeWhileItIsServed()
    {
        static RelaySettings With(RelaySettings settings, int most) => settings with
        {
            Tenants = RelaySettings.NoTenants.Add("one", RelayTenantOptions.Default).Add("other", new() { Overrides = [Override(most)] }),
        };
        await using var relay = await HubServer.StartAsync(static settings => With(settings, 1));
        for (var i = 0; i < 3; i++) await relay.JoinAsync($"user-{i}", "/t/one/ws");
        await relay.JoinAsync("alice", "/t/other/ws");
        Assert.Equal(4429, (await (await relay.ConnectAsync("/t/other/ws?user_id=bob")).ReceiveCloseAsync()).Code);

        var tenants = relay.Services.GetRequiredService<TenantDirectory>();
        tenants.Take(With(tenants.Settings, 2));
        await relay.JoinAsync("bob", "/t/other/ws");
        Assert.Equal(4429, (await (await relay.ConnectAsync("/t/other/ws?user_id=carol")).ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task AnErrorTellsBeforeTheCloseAndAPlaceThatIsFreeIsTaken()
    {
        await using var relay = await StartAsync(new() { UserConnections = 1 });
        for (var i = 0; i < 10; i++)
        {
            var (client, _) = await relay.JoinAsync();
            var refused = await relay.ConnectAsync();
            Assert.Equal("too_many_connections", (await refused.ReceiveJsonAsync()).GetProperty("error").GetString());
            await refused.ExpectCloseAsync(4429, "too_many_connections");
            await relay.JoinAsync($"other-{i}");
            await client.SendCloseAsync(1000);
            Assert.Equal(1000, (await client.ReceiveCloseAsync()).Code);
        }
    }

    [Fact]
    public async Task WhoOpensTooFastIsAnswered429AndMayComeAgain()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(new() { TenantConnectsPerSecond = 2 }, time);
        await relay.ConnectAsync("/rooms/r");
        using var http = new HttpClient { BaseAddress = relay.Url };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/rooms")).StatusCode);

        var refused = await relay.TryConnectAsync("/rooms/r");
        Assert.Equal((429, "1"), (refused.Status, refused.Headers["Retry-After"]));
        using var listing = await http.GetAsync("/api/v1/rooms");
        Assert.Equal("rate_limited", (await listing.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
        using var models = await http.GetAsync("/v1/models");
        await models.ExpectErrorAsync(429, "rate_limited");
        await relay.ConnectAsync("/t/other/rooms/r");

        time.Advance(TimeSpan.FromSeconds(1));
        await relay.ConnectAsync("/rooms/r");
    }

    [Fact]
    public async Task CallsAndMessagesOfABackEndAreMessages()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(new() { TenantMessagesPerSecond = 2 }, time);
        using var http = new HttpClient { BaseAddress = relay.Url };
        using var caller = new NodeCaller(relay);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/api/v1/rooms/r/messages", new StringContent("x"))).StatusCode);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await http.PostAsync("/api/v1/rooms/r/messages", new StringContent("x"))).StatusCode);
        using (var refused = await caller.PostAsync(NodeCaller.Body()))
        {
            await refused.ExpectErrorAsync(429, "rate_limited");
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        }

        Assert.Equal(2, relay.Services.GetRequiredService<LimitTable>().Counters.Refused(LimitKind.TenantMessages));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/api/v1/rooms/r/messages", new StringContent("x"))).StatusCode);
    }

    [Fact]
    public async Task AMemberThatIsTooFastWaitsAndLosesNothing()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(new() { UserBytesPerSecond = 1000 }, time);
        var fast = await relay.ConnectAsync("/rooms/r?user_id=fast");
        var other = await relay.ConnectAsync("/rooms/r?user_id=other");
        await fast.SendTextAsync(new string('x', 5000));
        Assert.Equal(5000, (await other.ReceiveAsync()).Payload.Length);
        await fast.SendTextAsync("later");

        // Who is not over a limit is not held up.
        await other.SendTextAsync("now");
        Assert.Equal("now", (await other.ReceiveAsync()).Text);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("later", (await other.ReceiveAsync()).Text);
    }

    [Fact]
    public async Task AnAddressThatAsksTooOftenIsRefusedBeforeAnythingElse()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(new() { AddressConnectsPerSecond = 2 }, time);
        await relay.ConnectAsync("/rooms/r");
        await relay.ConnectAsync("/t/other/rooms/r");
        Assert.Equal(429, (await relay.TryConnectAsync("/t/third/ws?user_id=%zz")).Status);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(400, (await relay.TryConnectAsync("/t/third/ws?user_id=%zz")).Status);
    }

    [Fact]
    public async Task AnAddressWithTooManyConnectionsIsRefusedAndThenCut()
    {
        await using var relay = await StartAsync(new() { AddressConnections = 2 });
        var first = await relay.ConnectAsync("/rooms/r");
        await relay.ConnectAsync("/rooms/r");
        var more = new List<(System.Net.Sockets.TcpClient Client, byte[] Answer, Task Read)>();
        for (var i = 0; i < 3; i++)
        {
            var (client, answer) = (new System.Net.Sockets.TcpClient(), new byte[12]);
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, relay.Port);
                more.Add((client, answer, client.GetStream().ReadExactlyAsync(answer).AsTask()));
            }
            catch (System.Net.Sockets.SocketException e)
            {
                // It may be cut before the client knows that it is connected.
                more.Add((client, answer, Task.FromException(new IOException(e.Message, e))));
            }
        }

        // Which of the three is too many by far is for the threads to say.
        var cut = await Task.WhenAny(more.Select(static one => one.Read)).WaitAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<IOException>(() => cut);
        foreach (var (client, answer, read) in more.Where(one => one.Read != cut))
        {
            await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray());
            await read.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal("HTTP/1.1 429"u8.ToArray(), answer);
        }

        foreach (var (client, _, _) in more) client.Dispose();
        await first.ExpectUsableRoomAsync();
        Assert.Equal(3, relay.Services.GetRequiredService<LimitTable>().Counters.Refused(LimitKind.AddressConnections));
    }

    private static RawSetting Override(int most) => new(SettingSource.File, "test", ["limits", "tenant_connections"], RawShape.Text) { Text = $"{most}" };

    private static Task<RelayServer> StartAsync(RelayLimitsOptions limits, TimeProvider? time = null) =>
        HubServer.StartAsync(settings => settings with { Limits = limits }, time: time);
}

internal static class LimitClientExtensions
{
    /// <summary>The member's message comes back.</summary>
    public static async Task ExpectUsableRoomAsync(this RawWebSocketClient client)
    {
        await client.SendTextAsync("still here");
        Assert.Equal("still here", (await client.ReceiveAsync()).Text);
    }
}
