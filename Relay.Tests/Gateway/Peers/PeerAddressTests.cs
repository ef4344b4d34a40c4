using System.Net;
using Microsoft.AspNetCore.Http;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Peers;

/// <summary>Requests that are none, and peers that are somebody else.</summary>
public sealed class PeerAddressTests(PeerServer server) : IClassFixture<PeerServer>
{
    private RelayServer Relay => server.Relay;

    public static TheoryData<string> Targets =>
    [
        "/introduction",
        "/introduction/",
        "/introduction/a/b",
        "/introduction/%",
        "/introduction/%zz",
        "/introduction/%ff",
        "/introduction/a%00b",
        "/introduction/" + new string('x', 257),
        "/introduction/" + new string('x', 10_240),
        "/connection/a/b",
        "/connection/a//doc",
        "/connection/a/b/",
        "/connection/a/b/c/d",
        "/connection/a/b/%e0%a4",
        "/connection/a/b/" + new string('x', 10_240),
    ];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task ABadAddressIsRefusedAndNothingElseIsAffected(string target)
    {
        var (one, other) = await Relay.PairAsync("address" + target.Length);
        var client = await Relay.TryConnectAsync(target);
        Assert.InRange(client.Status, 400, 499);
        await one.SendTextAsync("still");
        Assert.Equal("still", (await other.ReceiveAsync()).Text);
    }

    [Theory]
    [InlineData("/introduction/a")]
    [InlineData("/connection/a/b/c")]
    public async Task AWrongMethodAndARequestWithoutUpgradeAreRefused(string target)
    {
        using var http = new HttpClient { BaseAddress = Relay.Url };
        using var posted = await http.PostAsync(target, new StringContent(""));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        using var got = await http.GetAsync(target);
        Assert.Equal(HttpStatusCode.UpgradeRequired, got.StatusCode);
    }

    [Theory]
    [InlineData("/introduction/a")]
    [InlineData("/connection/a/b/c")]
    public async Task GarbageInsteadOfFramesIsClosedWith1002(string target)
    {
        var client = await Relay.ConnectAsync(target);
        await client.SendRawAsync(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF });
        Assert.Equal(1002, (await client.ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task AnIntroductionsMessageOverTheLimitIsClosedWith1009AndNoFrame()
    {
        var client = await Relay.MeetAsync("long");
        await client.SendFrameAsync(Opcode.Text, new byte[65_537]);
        var frame = await client.ReceiveAsync();
        Assert.Equal((Opcode.Close, 1009), (frame.Opcode, (frame.Payload[0] << 8) | frame.Payload[1]));
    }

    [Fact]
    public async Task ABrowserIsStillAnsweredAtTheRoot()
    {
        using var http = new HttpClient { BaseAddress = Relay.Url };
        using var page = await http.GetAsync("/");
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task SwitchedOffTheAddressesAreUnknown()
    {
        await using var relay = await RelayServer.StartAsync(new RelayPeersOptions { Enabled = false }.With());
        Assert.Equal(404, (await relay.TryConnectAsync("/introduction/a")).Status);
        Assert.Equal(404, (await relay.TryConnectAsync("/connection/a/b/c")).Status);
    }

    [Fact]
    [Provokes(CloseReason.ForeignPeer)]
    public async Task APeerIsItsIdentityOrOneThatTheIdentityDeclares()
    {
        await using var relay = await RelayServer.StartAsync(identities: new Named());
        var alice = await relay.ConnectAsync("/introduction/alice?user_id=alice");
        await alice.JoinAsync("mine");
        await alice.ExpectNothingAsync();
        var phone = await relay.ConnectAsync("/introduction/bob-phone?user_id=bob");
        await phone.JoinAsync("mine");
        await phone.ExpectMeetingAsync("alice", "mine");
        foreach (var target in (string[])["/introduction/alice?user_id=bob", "/connection/alice/bob/doc?user_id=bob"])
            await (await relay.ConnectAsync(target)).ExpectCloseAsync(4403, "foreign_peer");
        await (await relay.ConnectAsync("/introduction/alice")).ExpectCloseAsync(4401, "missing_user_id");
    }

    // As a token would say it.
    private sealed class Named : IIdentitySource
    {
        public ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access) => new(context.Request.Query["user_id"] is [{ } user]
            ? new IdentityResult(TenantId.Default, new UserIdentity(TenantId.Default.Name, user)) { PeerIds = [user + "-phone"] }
            : new IdentityResult(TenantId.Default, null));
    }
}
