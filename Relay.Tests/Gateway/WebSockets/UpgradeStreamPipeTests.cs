using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Gateway.WebSockets;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.WebSockets;

public class UpgradeStreamPipeTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task MessagesOfEverySizeComeBackOverTcp()
    {
        var (server, client) = await ConnectAsync();
        using var ends = client;
        var echo = EchoAsync(server.GetStream());
        await using var peer = new PipeSocket(new UpgradeStreamPipe(client.GetStream()), new FrameReader(1 << 20, expectMasked: false));
        var random = new Random(5);
        foreach (var size in new[] { 0, 1, 125, 126, 4086, 4096, 5000, 65535, 65536, 70_000, 300_000, 3, 1_000_000, 10 })
        {
            var payload = new byte[size];
            random.NextBytes(payload);
            await client.Client.SendAsync(RawWebSocketClient.Frame(Opcode.Binary, payload));
            Assert.Equal(["binary " + Convert.ToHexString(payload)], await ReceiveAsync(peer, 1));
        }

        client.Client.Shutdown(SocketShutdown.Send);
        await echo.WaitAsync(Bound);
    }

    [Fact]
    public async Task ManySmallMessagesInAnyPiecesComeBackInOrder()
    {
        var (server, client) = await ConnectAsync();
        using var ends = client;
        var echo = EchoAsync(server.GetStream());
        await using var peer = new PipeSocket(new UpgradeStreamPipe(client.GetStream()), new FrameReader(1 << 20, expectMasked: false));
        var random = new Random(6);
        var bytes = Wire.Join([.. Enumerable.Range(0, 3000).Select(i => Wire.Text($"message {i} " + new string('x', i % 300)))]);
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(random.Next(1, 20_000), bytes.Length - at);
                await client.Client.SendAsync(bytes.AsMemory(at, count));
                at += count;
            }
        });
        Assert.Equal(Wire.Read(bytes), await ReceiveAsync(peer, 3000));
        await sending;
        client.Client.Shutdown(SocketShutdown.Send);
        await echo.WaitAsync(Bound);
    }

    [Fact]
    public async Task AFlushIsOneWriteAndAWaitHoldsNoBuffer()
    {
        var stream = new ScriptedStream();
        await using var socket = new PipeSocket(new UpgradeStreamPipe(stream), new FrameReader(1000));
        for (var i = 0; i < 100; i++) socket.Write(Opcode.Binary, new byte[200]);
        Assert.True(await socket.FlushAsync());
        Assert.Equal([100 * 204], stream.Writes);
        Assert.Equal(0, stream.Flushes);

        stream.Script(Wire.Text("a"));
        Assert.True(await socket.WaitAsync());
        Assert.Equal(ReadStatus.Message, socket.TryRead(out _));
        Assert.False(await socket.WaitAsync());

        // An empty read before each one that brings a buffer.
        Assert.Equal([0, 4096, 0, 4096], stream.ReadSizes);
    }

    [Fact]
    public async Task ReadsGrowWithWhatArrivesAndShrinkAgain()
    {
        var stream = new ScriptedStream();
        await using var socket = new PipeSocket(new UpgradeStreamPipe(stream), new FrameReader(1 << 20));
        stream.Script(Wire.Frame(Opcode.Binary, new byte[300_000]));
        var messages = 0;
        while (await socket.WaitAsync())
            while (socket.TryRead(out var frame) == ReadStatus.Message) messages += frame.Payload.Length;
        Assert.Equal(300_000, messages);
        Assert.Equal([4096, 8192, 16384, 32768, 65536, 65536, 65536, 65536], stream.ReadSizes.Where(size => size > 0).Take(8));
    }

    [Fact]
    public async Task AbortEndsWaitAndFlushOverTcp()
    {
        var (server, client) = await ConnectAsync();
        using var ends = client;
        await using var socket = new PipeSocket(new UpgradeStreamPipe(server.GetStream()), new FrameReader(1000));
        var wait = socket.WaitAsync().AsTask();
        socket.Write(Opcode.Binary, new byte[64 * 1024 * 1024]);
        var flush = socket.FlushAsync().AsTask();
        socket.Abort();
        Assert.False(await wait.WaitAsync(Bound));
        Assert.False(await flush.WaitAsync(Bound));
        server.Dispose();
    }

    [Fact]
    public async Task OverKestrelsUpgradeStreamAConversationAndItsClose()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(async context =>
        {
            context.Response.Headers.Upgrade = "websocket";
            var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await EchoAsync(stream, context.Abort);
        });
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

        await using var client = await RawWebSocketClient.ConnectAsync(new Uri(address).Port, "/any");
        await client.SendTextAsync("{\"type\":\"hello\"}");
        Assert.Equal("hello", (await client.ReceiveJsonAsync("hello")).GetProperty("type").GetString());
        await client.SendRawAsync(Wire.Join([.. Enumerable.Range(0, 500).Select(i => Wire.Text($"{i}"))]));
        for (var i = 0; i < 500; i++) Assert.Equal($"{i}", (await client.ReceiveAsync()).Text);
        await client.SendFrameAsync(Opcode.Binary, new byte[200_000]);
        Assert.Equal(200_000, (await client.ReceiveAsync()).Payload.Length);
        await client.SendCloseAsync(4000, "done");
        Assert.Equal(new ServerClose(4000, ""), await client.ReceiveCloseAsync());
        Assert.True(await client.ReceiveEndAsync());
    }

    /// <summary>Answers everything, a close with the same code.</summary>
    private static async Task EchoAsync(Stream stream, Action? abort = null)
    {
        await using var socket = new PipeSocket(new UpgradeStreamPipe(stream), new FrameReader(1 << 20), abort);
        var closed = false;
        while (!closed && await socket.WaitAsync())
        {
            while (!closed && socket.TryRead(out var frame) is not ReadStatus.NeedMore and var status)
            {
                if (status == ReadStatus.Message) socket.Write(frame.IsText ? Opcode.Text : Opcode.Binary, frame.Payload);
                if (status != ReadStatus.Close) continue;
                var payload = new byte[FrameHeader.MaxControlPayload];
                socket.Write(Opcode.Close, payload.AsSpan(0, FrameWriter.WriteClosePayload(payload, frame.CloseCode)));
                closed = true;
            }

            if (!await socket.FlushAsync()) return;
        }
    }

    private static async Task<List<string>> ReceiveAsync(PipeSocket socket, int count)
    {
        var frames = new List<string>();
        while (frames.Count < count)
        {
            Assert.True(await socket.WaitAsync().AsTask().WaitAsync(Bound));
            while (socket.TryRead(out var frame) != ReadStatus.NeedMore) frames.Add(Wire.Describe(frame));
        }

        return frames;
    }

    private static async Task<(TcpClient Server, TcpClient Client)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        return (await listener.AcceptTcpClientAsync(), client);
    }
}
