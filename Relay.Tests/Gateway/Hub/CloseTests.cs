using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>The errors that close: the exact frame, the close code with its reason, and a clean end.</summary>
public sealed class CloseTests
{
    [Theory]
    [Provokes(ErrorCode.MissingUserId)]
    [Provokes(CloseReason.MissingUserId)]
    [InlineData("/ws")]
    [InlineData("/ws?user_id=")]
    [InlineData("/ws?user_id")]
    [InlineData("/ws?USER_ID=alice")]
    [InlineData("/t/acme/ws?other=1")]
    public async Task WithoutAUserTheConnectionIsClosed(string target)
    {
        await using var relay = await HubServer.StartAsync();
        var client = await relay.ConnectAsync(target);

        await client.ExpectAsync("""{"type":"error","error":"missing_user_id","message":"No user in the connection's identity."}""");
        await client.ExpectCloseAsync(4401, "missing_user_id");
    }

    [Fact]
    [Provokes(ErrorCode.HubCreationFailed)]
    [Provokes(CloseReason.HubCreationFailed)]
    public async Task AHubBeyondTheLimitIsNotMade()
    {
        await using var relay = await HubServer.StartAsync(settings => settings with { Hub = settings.Hub with { MaxUserHubs = 1 } });
        var (first, _) = await relay.JoinAsync("alice");
        var client = await relay.ConnectAsync("/ws?user_id=bob");

        await client.ExpectAsync("""{"type":"error","error":"hub_creation_failed","message":"The user's hub could not be made."}""");
        await client.ExpectCloseAsync(4500, "hub_creation_failed");
        await relay.JoinAsync("alice");
        await first.ExpectUsableAsync();
    }

    [Fact]
    [Provokes(ErrorCode.RateLimited)]
    [Provokes(CloseReason.RateLimited)]
    public async Task WhoSendsTooFastIsToldSoAndWhoGoesOnIsClosed()
    {
        var time = new ManualTime();
        await using var relay = await HubServer.StartAsync(settings => settings with { Hub = settings.Hub with { MaxMessagesPerSecond = 2 } }, time: time);
        var (client, _) = await relay.JoinAsync();
        for (var i = 1; i <= 3; i++) await client.SendTextAsync($$"""{"type":"echo_say","request_id":"{{i}}"}""");

        // Answers of the hub may overtake those of a plugin.
        var frames = await client.ReceiveTextsAsync(3);
        Assert.Contains("""{"type":"echo_said","request_id":"1"}""", frames);
        Assert.Contains("""{"type":"echo_said","request_id":"2"}""", frames);
        Assert.Contains("""{"type":"error","error":"rate_limited","message":"The user has sent more than 2 messages in a second.","request_id":"3"}""", frames);
        time.Advance(TimeSpan.FromSeconds(1));
        await client.ExpectUsableAsync();

        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 2 + (2 * 5); i++) await client.SendTextAsync("""{"type":"echo_say"}""");
        frames = await client.ReceiveTextsAsync(2 + (2 * 5));
        Assert.Equal(2, frames.Count(frame => frame == """{"type":"echo_said"}"""));
        await client.SendTextAsync("""{"type":"echo_say"}""");
        await client.ExpectAsync("""{"type":"error","error":"rate_limited","message":"The user, or the tenant, sends more messages than hub.max_messages_per_second and limits.* allow."}""");
        await client.ExpectCloseAsync(4420, "rate_limited");
    }

    [Theory]
    [Provokes(ErrorCode.MessageTooBig)]
    [Provokes(CloseReason.MessageTooBig)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AMessageOverTheLimitClosesAsSoonAsItIsAnnounced(bool isText)
    {
        await using var relay = await HubServer.StartAsync();
        var (client, _) = await relay.JoinAsync();

        await client.SendRawAsync(RawWebSocketClient.Frame(isText ? Opcode.Text : Opcode.Binary, new byte[65537])[..14]);

        await client.ExpectAsync("""{"type":"error","error":"message_too_big","message":"The message is over hub.max_message_bytes."}""");
        await client.ExpectCloseAsync(1009, "message_too_big");
    }

    [Fact]
    [Provokes(ErrorCode.SlowConsumer)]
    [Provokes(CloseReason.SlowConsumer)]
    public async Task WhoDoesNotReadWhatIsPushedIsASlowConsumer()
    {
        await using var relay = await HubServer.StartAsync(
            settings => settings with { Hub = settings.Hub with { OutboxBytes = 65536, CloseTimeout = TimeSpan.FromSeconds(30) } });
        var (slow, _) = await relay.JoinAsync();
        var (quick, _) = await relay.JoinAsync();
        var counters = relay.Services.GetRequiredService<GatewayCounters>();
        var data = $"\"{new string('x', 60_000)}\"";

        for (var i = 0; counters.PushesOverflowed == 0; i++) await quick.AskAsync("echo_all", $"r{i}", data);

        var error = await slow.ReceiveJsonAsync("error");
        Assert.Equal("""{"type":"error","error":"slow_consumer","message":"The connection did not read what was pushed to it."}""", error.GetRawText());
        await slow.ExpectCloseAsync(4408, "slow_consumer");
        await quick.ExpectUsableAsync();
    }

    [Fact]
    [Provokes(ErrorCode.TokenExpired)]
    [Provokes(CloseReason.TokenExpired)]
    public async Task ATokenThatRunsOutEndsItsConnection()
    {
        var time = new ManualTime();
        await using var relay = await HubServer.StartAsync(time: time, identities: new ExpiringIdentity(time.GetUtcNow().AddSeconds(10)));
        var (client, _) = await relay.JoinAsync();

        time.Advance(TimeSpan.FromSeconds(9));
        await client.ExpectUsableAsync();
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("token_expired", (await client.ReceiveJsonAsync("error")).GetProperty("error").GetString());
        await client.ExpectCloseAsync(4401, "token_expired");
    }

    [Fact]
    [Provokes(ErrorCode.TenantSuspended)]
    [Provokes(CloseReason.TenantSuspended)]
    public async Task ASuspendedTenantIsRefused()
    {
        await using var relay = await HubServer.StartAsync(settings => settings with
        {
            Tenants = settings.Tenants.Add("late payers", new RelayTenantOptions { Suspended = true }),
        });
        var client = await relay.ConnectAsync("/t/late%20payers/ws?user_id=alice");

        await client.ExpectAsync("""{"type":"error","error":"tenant_suspended","message":"The tenant is suspended."}""");
        await client.ExpectCloseAsync(4403, "tenant_suspended");
        await relay.JoinAsync();
    }

    [Fact]
    [Provokes(ErrorCode.GoingAway)]
    [Provokes(CloseReason.GoingAway)]
    public async Task AStopAnswersWhatIsUnderWayAndSaysGoodbye()
    {
        using var probe = new Probe();
        await using var relay = await HubServer.StartAsync(probe: probe);
        var (busy, _) = await relay.JoinAsync("busy");
        var (idle, _) = await relay.JoinAsync("idle");
        await busy.SendTextAsync("""{"type":"probe_wait","request_id":"r1"}""");
        await probe.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var stopped = relay.StopAsync();
        await idle.ExpectAsync("""{"type":"error","error":"going_away","message":"The relay is being stopped."}""");
        await idle.ExpectCloseAsync(1001, "going_away");
        probe.Gate.SetResult();

        await busy.ExpectAsync("""{"type":"probe_waited","request_id":"r1"}""");
        await busy.ExpectAsync("""{"type":"error","error":"going_away","message":"The relay is being stopped."}""");
        await busy.ExpectCloseAsync(1001, "going_away");
        await stopped.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task APeerThatNeverAnswersTheCloseIsCutAfterTheCloseTimeout()
    {
        var time = new ManualTime();
        await using var relay = await HubServer.StartAsync(time: time);
        var client = await relay.ConnectAsync("/ws");
        Assert.Equal(4401, (await client.ReceiveCloseAsync()).Code);

        // The sweep that first sees it closing starts its clock.
        time.Advance(TimeSpan.FromSeconds(6));

        // A reset or an end, as the system has it: what counts is that it comes, although the peer still says nothing.
        await client.ReceiveEndAsync();
    }

    [Theory]
    [Provokes(CloseReason.Normal)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(3000)]
    [InlineData(4999)]
    public async Task AGoodbyeIsAnsweredWithItsCode(int code)
    {
        await using var relay = await HubServer.StartAsync();
        var (client, _) = await relay.JoinAsync();

        await client.SendCloseAsync(code, "bye");

        Assert.Equal(new ServerClose(code, ""), await client.ReceiveCloseAsync());
        Assert.True(await client.ReceiveEndAsync());
    }

    [Fact]
    public async Task AGoodbyeWithoutACodeIsAnsweredWithoutOne()
    {
        await using var relay = await HubServer.StartAsync();
        var (client, _) = await relay.JoinAsync();

        await client.SendFrameAsync(Opcode.Close, Array.Empty<byte>());

        Assert.Equal(new ServerClose(CloseCodes.NoStatus, ""), await client.ReceiveCloseAsync());
        Assert.True(await client.ReceiveEndAsync());
    }

    private sealed class ExpiringIdentity(DateTimeOffset expires) : IIdentitySource
    {
        public ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access) =>
            new(new IdentityResult(TenantId.Default, new UserIdentity(TenantId.Default.Name, "alice") { Expires = expires }));
    }
}
