using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Errors;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Peers;

/// <summary>Introductions over real sockets.</summary>
public sealed class IntroductionTests(PeerServer server) : IClassFixture<PeerServer>
{
    // {type: "Join", documentIds: ["packed"]}, as msgpackr writes it.
    private static readonly byte[] PackedJoin = Convert.FromHexString("DE0002A474797065A44A6F696EAB646F63756D656E7449647391A67061636B6564");

    private RelayServer Relay => server.Relay;

    // A tenant for each test: sockets of earlier ones are still open.
    private Task<RawWebSocketClient> MeetAsync(string peerId, [CallerMemberName] string tenant = "") => Relay.ConnectAsync($"/t/{tenant}/introduction/{peerId}");

    [Fact]
    public async Task TwoPeersOfOneDocumentMeet()
    {
        var (alice, bob) = (await MeetAsync("alice"), await MeetAsync("bob"));
        await alice.JoinAsync("two", "three");
        await alice.ExpectNothingAsync();
        await bob.JoinAsync("three", "four", "two");
        await bob.ExpectMeetingAsync("alice", "three", "two");
        await alice.ExpectMeetingAsync("bob", "three", "two");
    }

    [Fact]
    public async Task PeersOfOneGenerationMeetThoseOfTheOther()
    {
        var (older, newer) = (await MeetAsync("older"), await MeetAsync("newer"));
        await older.JoinAsync("packed");
        await older.ExpectNothingAsync();
        await newer.SendFrameAsync(Opcode.Binary, PackedJoin);
        var frame = await newer.ReceiveAsync();
        Assert.Equal(Opcode.Binary, frame.Opcode);
        Assert.Equal("83A474797065AC496E74726F64756374696F6EA6706565724964A56F6C646572AB646F63756D656E7449647391A67061636B6564", Convert.ToHexString(frame.Payload));
        await older.ExpectMeetingAsync("newer", "packed");
    }

    [Fact]
    public async Task IdsArePercentDecodedOnce()
    {
        var (one, other) = (await MeetAsync("%C3%BC%20a%2Fb%3A"), await MeetAsync("a%252Fb"));
        await one.JoinAsync("ids");
        await one.ExpectNothingAsync();
        await other.JoinAsync("ids");
        await other.ExpectMeetingAsync("ü a/b:", "ids");
        await one.ExpectMeetingAsync("a%2Fb", "ids");
    }

    [Fact]
    public async Task GarbageIsIgnoredAndTheSocketStaysOpen()
    {
        var counters = Relay.Services.GetRequiredService<GatewayCounters>();
        var (alice, bob) = (await MeetAsync("alice"), await MeetAsync("bob"));
        await alice.JoinAsync("garbage");
        await alice.ExpectNothingAsync();
        var before = counters.PeerMessagesIgnored;
        foreach (var text in (string[])["null", "{╯°□°}╯︵ ┻━┻", "[]", "7", """{"type":"Heartbeat"}""", """{"type":"Join"}""", """{"type":"Join","documentIds":7}"""]) await bob.SendTextAsync(text);
        foreach (var hex in (string[])["C0", "010203", "", "C1", "81A474797065A6E29DA4EFB88F"]) await bob.SendFrameAsync(Opcode.Binary, Convert.FromHexString(hex));
        await bob.ExpectNothingAsync();
        Assert.Equal(before + 4, counters.PeerMessagesIgnored);
        await bob.JoinAsync("garbage");
        await bob.ExpectMeetingAsync("alice", "garbage");
        await alice.ExpectMeetingAsync("bob", "garbage");
    }

    [Fact]
    public async Task ANewerSocketStaysReachableWhenTheOlderCloses()
    {
        var (older, newer) = (await MeetAsync("twice"), await MeetAsync("twice"));
        await older.JoinAsync("reach");
        await newer.JoinAsync("reach");
        await newer.ExpectNothingAsync();
        await older.SendCloseAsync(1000);
        Assert.Equal(1000, (await older.ReceiveCloseAsync()).Code);
        var bob = await MeetAsync("bob");
        await bob.JoinAsync("reach");
        await bob.ExpectMeetingAsync("twice", "reach");
        await newer.ExpectMeetingAsync("bob", "reach");
    }

    [Fact]
    public async Task WhoLeavesADocumentOrClosesIsNotIntroduced()
    {
        var (leaves, closes) = (await MeetAsync("leaves"), await MeetAsync("closes"));
        await leaves.JoinAsync("gone");
        await leaves.SendTextAsync("""{"type":"Leave","documentIds":["gone"]}""");
        await leaves.ExpectNothingAsync();
        await closes.JoinAsync("gone");
        await closes.SendCloseAsync(1000);
        Assert.Equal(1000, (await closes.ReceiveCloseAsync()).Code);
        var bob = await MeetAsync("bob");
        await bob.JoinAsync("gone");
        await bob.ExpectNothingAsync();
        await leaves.ExpectNothingAsync();
    }

    [Fact]
    public async Task TenantsDoNotMeet()
    {
        var (here, there) = (await MeetAsync("alice"), await Relay.ConnectAsync("/t/acme/introduction/bob"));
        await here.JoinAsync("tenants");
        await here.ExpectNothingAsync();
        await there.JoinAsync("tenants");
        await there.ExpectNothingAsync();
        await here.ExpectNothingAsync();
    }

    [Fact]
    [Provokes(CloseReason.TooManyDocuments)]
    public async Task WhoWantsTooManyDocumentsIsClosed()
    {
        await using var relay = await RelayServer.StartAsync(new RelayPeersOptions { MaxDocuments = 2 }.With());
        var (many, few) = (await relay.MeetAsync("many"), await relay.MeetAsync("few"));
        await few.JoinAsync("a", "b");
        await many.JoinAsync("a", "b");
        await many.ExpectMeetingAsync("few", "a", "b");
        await many.JoinAsync("c");
        await many.ExpectCloseAsync(4413, "too_many_documents");
        await few.ExpectMeetingAsync("many", "a", "b");
        await few.ExpectNothingAsync();
    }

    [Fact]
    public async Task TwoHundredPeersOfOneDocumentAllMeet()
    {
        const int Count = 200;
        var peers = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => MeetAsync($"p{i}")));
        await Task.WhenAll(peers.Select(static peer => peer.JoinAsync("crowd")));
        await Task.WhenAll(peers.Select(async (peer, i) =>
        {
            var met = new HashSet<string>();
            for (var n = 0; n < Count - 1; n++) Assert.True(met.Add((await peer.ReceiveJsonAsync("Introduction")).GetProperty("userName").GetString()!));
            Assert.DoesNotContain($"p{i}", met);
            await peer.ExpectNothingAsync();
        }));
    }
}
