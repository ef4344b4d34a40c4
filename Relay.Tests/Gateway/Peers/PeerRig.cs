using System.Text.Json;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Peers;

/// <summary>A relay for a whole class of tests of peers.</summary>
public sealed class PeerServer : IAsyncLifetime
{
    private RelayServer? _relay;

    internal RelayServer Relay => _relay ?? throw new InvalidOperationException("Not started yet.");

    public async Task InitializeAsync() => _relay = await RelayServer.StartAsync();

    public async Task DisposeAsync() => await Relay.DisposeAsync();
}

/// <summary>What tests of peers say again and again.</summary>
internal static class PeerExtensions
{
    public static Func<RelaySettings, RelaySettings> With(this RelayPeersOptions peers) => settings => settings with { Peers = peers };

    public static Task<RawWebSocketClient> MeetAsync(this RelayServer relay, string peerId) => relay.ConnectAsync($"/introduction/{peerId}");

    public static Task<RawWebSocketClient> PipeAsync(this RelayServer relay, string local, string remote, string document = "doc") =>
        relay.ConnectAsync($"/connection/{local}/{remote}/{document}");

    /// <summary>Two ends that have met.</summary>
    public static async Task<(RawWebSocketClient One, RawWebSocketClient Other)> PairAsync(this RelayServer relay, string document = "doc")
    {
        var (one, other) = (await relay.PipeAsync("one", "other", document), await relay.PipeAsync("other", "one", document));
        await one.SendTextAsync("met");
        Assert.Equal("met", (await other.ReceiveAsync()).Text);
        return (one, other);
    }

    public static Task JoinAsync(this RawWebSocketClient peer, params string[] documents) =>
        peer.SendTextAsync($$"""{"type":"Join","documentIds":[{{string.Join(',', documents.Select(static id => JsonSerializer.Serialize(id)))}}]}""");

    /// <summary>The next frame is this introduction.</summary>
    public static async Task ExpectMeetingAsync(this RawWebSocketClient peer, string other, params string[] documents)
    {
        var frame = await peer.ReceiveAsync();
        Assert.Equal(Opcode.Text, frame.Opcode);
        var met = JsonSerializer.Deserialize<JsonElement>(frame.Payload);
        Assert.Equal(("Introduction", other), (met.GetProperty("type").GetString(), met.GetProperty("userName").GetString()));
        Assert.Equal(documents, met.GetProperty("documentIds").EnumerateArray().Select(static id => id.GetString()));
        Assert.Equal(3, met.EnumerateObject().Count());
    }

    /// <summary>Whoever sends this is read, and nothing stood before it: it comes back as a pong.</summary>
    public static async Task ExpectNothingAsync(this RawWebSocketClient peer)
    {
        await peer.SendFrameAsync(Opcode.Ping, "?"u8.ToArray());
        Assert.Equal(Opcode.Pong, (await peer.ReceiveAsync()).Opcode);
    }
}
