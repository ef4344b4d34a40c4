using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Plugins;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>A relay with <c>echo_</c>, <c>session_</c> and the test's own <c>probe_</c> and <c>vault_</c>; as a fixture, one for a whole class.</summary>
public sealed class HubServer : IAsyncLifetime
{
    private RelayServer? _relay;

    internal RelayServer Relay => _relay ?? throw new InvalidOperationException("Not started yet.");

    public async Task InitializeAsync() => _relay = await StartAsync();

    public async Task DisposeAsync() => await Relay.DisposeAsync();

    internal static Task<RelayServer> StartAsync(
        Func<RelaySettings, RelaySettings>? change = null, Probe? probe = null, TimeProvider? time = null, IIdentitySource? identities = null) =>
        RelayServer.StartAsync(
            settings =>
            {
                settings = settings with { Plugins = settings.Plugins with { Echo = new RelayEchoOptions { Enabled = true } } };
                return change?.Invoke(settings) ?? settings;
            },
            services => services.AddSingleton(probe ?? new Probe()).AddRelayPlugin<ProbePlugin>().AddRelayPlugin<VaultPlugin>(),
            time,
            identities);
}

/// <summary>What tests of the hub say again and again.</summary>
internal static class HubClientExtensions
{
    /// <summary>The next frame must be this text, byte for byte. News of a plugin's state may stand before it.</summary>
    public static async Task ExpectAsync(this RawWebSocketClient client, string text)
    {
        var frame = await client.ReceiveAsync();
        while (frame.Text.StartsWith("""{"type":"plugin_status",""", StringComparison.Ordinal)) frame = await client.ReceiveAsync();
        Assert.Equal(text, frame.Text);
    }

    /// <summary>The next frames, news of plugins' states left out.</summary>
    public static async Task<List<string>> ReceiveTextsAsync(this RawWebSocketClient client, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            var frame = await client.ReceiveAsync();
            if (!frame.Text.StartsWith("""{"type":"plugin_status",""", StringComparison.Ordinal)) texts.Add(frame.Text);
        }

        return texts;
    }

    /// <summary>Sends a message and gives the frame that echoes its id.</summary>
    public static async Task<JsonElement> AskAsync(this RawWebSocketClient client, string type, string requestId = "ask", string data = "null")
    {
        await client.SendTextAsync($$"""{"type":"{{type}}","request_id":"{{requestId}}","data":{{data}}}""");
        return await client.ReceiveJsonAsync(json => json.TryGetProperty("request_id", out var id) && id.ValueEquals(requestId));
    }

    /// <summary>The user <c>alice</c> is at the limit.</summary>
    public static async Task ExpectFullAsync(this RelayServer relay)
    {
        var client = await relay.ConnectAsync();
        await client.ExpectCloseAsync(4429, "max_connections_reached");
    }

    /// <summary>The connection still works: a message through hub and plugin comes back.</summary>
    public static async Task ExpectUsableAsync(this RawWebSocketClient client)
    {
        var mark = Guid.NewGuid().ToString();
        Assert.Equal(mark, (await client.AskAsync("echo_say", mark, $"\"{mark}\"")).GetProperty("data").GetString());
    }

    /// <summary>The server closes with this code and reason, waits for the answer, and ends the stream without a reset.</summary>
    public static async Task ExpectCloseAsync(this RawWebSocketClient client, int code, string reason)
    {
        Assert.Equal(new ServerClose(code, reason), await client.ReceiveCloseAsync());
        await client.SendCloseAsync(code);
        Assert.True(await client.ReceiveEndAsync(), "The server reset the connection.");
    }
}
