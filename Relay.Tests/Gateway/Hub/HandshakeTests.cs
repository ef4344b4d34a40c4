using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Relay.Tests.Gateway.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>The opening handshake: what is wrong with it is a clear 4xx, and never an upgrade.</summary>
public sealed class HandshakeTests(HubServer server) : IClassFixture<HubServer>
{
    private const string Rest = "Host: 127.0.0.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    [Fact]
    public async Task AProperOneIsAccepted()
    {
        var client = await server.Relay.ConnectAsync();

        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", client.Headers["Sec-WebSocket-Accept"]);
        Assert.Equal("websocket", client.Headers["Upgrade"]);
        Assert.Equal("Upgrade", client.Headers["Connection"]);
        Assert.False(client.Headers.ContainsKey("Sec-WebSocket-Protocol"));
        Assert.False(client.Headers.ContainsKey("Sec-WebSocket-Extensions"));
        Assert.False(client.Headers.ContainsKey("Server"));
    }

    [Theory]
    [InlineData("relay.v1", "relay.v1")]
    [InlineData("chat, relay.v1", "relay.v1")]
    [InlineData("relay.v1,chat", "relay.v1")]
    [InlineData("relay.v2", null)]
    [InlineData("chat", null)]
    [InlineData("relay.v1x, xrelay.v1", null)]
    public async Task TheRelaysSubprotocolIsEchoedAndOthersAreIgnored(string offered, string? chosen)
    {
        var client = await server.Relay.ConnectAsync("/ws?user_id=subprotocols" + offered.Length, ("Sec-WebSocket-Protocol", offered));

        Assert.Equal(chosen, client.Headers.GetValueOrDefault("Sec-WebSocket-Protocol"));
        await client.ReceiveJsonAsync("welcome");
        await client.ExpectUsableAsync();
    }

    [Fact]
    public async Task ExtensionsAreNotTaken()
    {
        var client = await server.Relay.ConnectAsync("/ws?user_id=extensions", ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"));

        Assert.False(client.Headers.ContainsKey("Sec-WebSocket-Extensions"));
        await client.ReceiveJsonAsync("welcome");
        await client.ExpectUsableAsync();
    }

    [Theory]
    [InlineData("Connection: keep-alive, Upgrade", 101)]
    [InlineData("connection: UPGRADE", 101)]
    [InlineData("Connection: close", 426)]
    [InlineData("X-None: 1", 426)]
    public async Task TheConnectionHeaderHasToSayUpgrade(string header, int status) =>
        Assert.Equal(status, (await AskAsync($"GET /ws?user_id=connection HTTP/1.1\r\n{header}\r\n{Rest}\r\n")).Status);

    [Theory]
    [InlineData("Upgrade", "h2c", 426)]
    [InlineData("Upgrade", "WebSocket", 101)]
    [InlineData("Upgrade", "h2c, websocket", 101)]
    [InlineData("Sec-WebSocket-Version", "12", 426)]
    [InlineData("Sec-WebSocket-Version", "8, 13", 426)]
    [InlineData("Sec-WebSocket-Version", "", 426)]
    [InlineData("Sec-WebSocket-Key", "", 400)]
    [InlineData("Sec-WebSocket-Key", "short", 400)]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=!", 400)]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZTE=", 400)]
    [InlineData("Sec-WebSocket-Key", "                        ", 400)]
    public async Task EveryHeaderIsChecked(string name, string value, int status)
    {
        var client = await server.Relay.TryConnectAsync("/ws?user_id=headers" + status + value.Length, (name, value));

        Assert.Equal(status, client.Status);
        if (name == "Sec-WebSocket-Version") Assert.Equal("13", client.Headers["Sec-WebSocket-Version"]);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task OnlyGetIsAllowed(string method)
    {
        var (status, headers) = await AskAsync($"{method} /ws?user_id=alice HTTP/1.1\r\nConnection: Upgrade\r\n{Rest}\r\n");

        Assert.Equal(405, status);
        Assert.Equal("GET", headers["Allow"]);
    }

    [Fact]
    public async Task APlainRequestIsToldToUpgrade()
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(server.Relay.Url, "/ws?user_id=alice")).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        Assert.Equal(["websocket"], response.Headers.Upgrade.Select(product => product.Name));
        Assert.Equal("""{"error":"upgrade_required","message":"This address speaks WebSocket."}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET /ws?user_id=a HTTP/1.0\r\nConnection: Upgrade\r\n{0}\r\n", 426)]
    [InlineData("GET /ws?user_id=a HTTP/1.1\r\nConnection: Upgrade\r\nContent-Length: 5\r\n{0}\r\nhello", 400)]
    [InlineData("GET /ws?user_id=a HTTP/1.1\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n{0}\r\n0\r\n\r\n", 400)]
    [InlineData("GET /ws?user_id=a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 400)]
    [InlineData("GET /ws?user_id=\u00fc HTTP/1.1\r\nConnection: Upgrade\r\n{0}\r\n", 400)]
    [InlineData("GET /ws?user_id=a b HTTP/1.1\r\nConnection: Upgrade\r\n{0}\r\n", 400)]
    [InlineData("CONNECT 127.0.0.1:80 HTTP/1.1\r\n{0}\r\n", 400)]
    [InlineData("OPTIONS * HTTP/1.1\r\n{0}\r\n", 400)]
    public async Task WhatIsNoHandshakeIsRefused(string request, int status) =>
        Assert.Equal(status, (await AskAsync(request.Replace("{0}", Rest, StringComparison.Ordinal))).Status);

    [Theory]
    [InlineData("X-Large", 40_000, 431)]
    [InlineData("Cookie", 40_000, 431)]
    public async Task OversizedHeadersAreRefused(string name, int length, int status) =>
        Assert.Equal(status, (await AskAsync($"GET /ws?user_id=a HTTP/1.1\r\nConnection: Upgrade\r\n{name}: {new string('x', length)}\r\n{Rest}\r\n")).Status);

    [Fact]
    public async Task FramesMayFollowTheRequestInOnePiece()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.Relay.Port);
        byte[] request = [.. Encoding.ASCII.GetBytes($"GET /ws?user_id=eager HTTP/1.1\r\nConnection: Upgrade\r\n{Rest}\r\n"), .. Wire.Text("""{"type":"echo_say","data":"eager"}"""), .. Wire.Close(1000)];
        await tcp.GetStream().WriteAsync(request);

        using var reader = new StreamReader(tcp.GetStream(), Encoding.Latin1);
        var all = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("""{"type":"welcome",""", all, StringComparison.Ordinal);
        Assert.Contains("\u0088\u0002\u0003\u00e8", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOversizedTargetIsRefused() =>
        Assert.Equal(414, (await AskAsync($"GET /ws?user_id={new string('x', 9000)} HTTP/1.1\r\nConnection: Upgrade\r\n{Rest}\r\n")).Status);

    [Fact]
    public async Task TheFrameworksClientHoldsAConversation()
    {
        using var client = await server.Relay.ConnectClientAsync("/ws?user_id=framework");
        Assert.Equal("relay.v1", client.SubProtocol);
        Assert.Contains("\"type\":\"welcome\"", await ReceiveAsync(client), StringComparison.Ordinal);

        await client.SendAsync("""{"type":"echo_say","data":[1]}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        Assert.Equal("""{"type":"plugin_status","plugin":"echo_","status":"running"}""", await ReceiveAsync(client));
        Assert.Equal("""{"type":"echo_said","data":[1]}""", await ReceiveAsync(client));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(WebSocketState.Closed, client.State);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket client)
    {
        var buffer = new byte[4096];
        var result = await client.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(result.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }

    private async Task<(int Status, Dictionary<string, string> Headers)> AskAsync(string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.Relay.Port);
        await tcp.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(tcp.GetStream(), Encoding.ASCII);
        var status = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return (int.Parse(status!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), headers);
    }
}
