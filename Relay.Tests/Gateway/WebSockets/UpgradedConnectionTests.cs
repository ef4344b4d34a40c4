using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Gateway.WebSockets;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

/// <summary>Frames over the pipe of Kestrel's own connection, after the HTTP upgrade.</summary>
public sealed class UpgradedConnectionTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _app;
    private int _port;

    public UpgradedConnectionTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.Run(async context =>
        {
            context.Response.Headers.Upgrade = "websocket";
            await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await EchoAsync(context.Features.GetRequiredFeature<IConnectionTransportFeature>());
            _ended.SetResult();
        });
    }

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        _port = new Uri(address).Port;
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task MessagesOfEverySizeComeBackAndTheCloseEndsTheConnection()
    {
        await using var client = await RawWebSocketClient.ConnectAsync(_port, "/any");
        var random = new Random(5);
        foreach (var size in new[] { 0, 1, 125, 126, 4086, 4096, 5000, 65535, 65536, 70_000, 300_000, 3, 1_000_000, 10 })
        {
            var payload = new byte[size];
            random.NextBytes(payload);
            await client.SendFrameAsync(Opcode.Binary, payload);
            Assert.Equal(payload, (await client.ReceiveAsync()).Payload);
        }

        await client.SendCloseAsync(4000, "done");
        Assert.Equal(new ServerClose(4000, ""), await client.ReceiveCloseAsync());
        Assert.True(await client.ReceiveEndAsync());
    }

    [Fact]
    public async Task ManySmallMessagesInAnyPiecesComeBackInOrder()
    {
        await using var client = await RawWebSocketClient.ConnectAsync(_port, "/any");
        var random = new Random(6);
        var texts = Enumerable.Range(0, 3000).Select(i => $"message {i} " + new string('x', i % 300)).ToList();
        var bytes = Wire.Join([.. texts.Select(text => Wire.Text(text))]);
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(random.Next(1, 20_000), bytes.Length - at);
                await client.SendRawAsync(bytes[at..(at + count)]);
                at += count;
            }
        });
        foreach (var text in texts) Assert.Equal(text, (await client.ReceiveAsync()).Text);
        await sending;
    }

    [Fact]
    public async Task TheLoopEndsWhenThePeerIsGone()
    {
        var client = await RawWebSocketClient.ConnectAsync(_port, "/any");
        await client.SendTextAsync("a");
        Assert.Equal("a", (await client.ReceiveAsync()).Text);
        await client.DisposeAsync();
        await _ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Answers everything, a close with the same code.</summary>
    private static async Task EchoAsync(IConnectionTransportFeature connection)
    {
        await using var socket = new PipeSocket(connection.Transport, new FrameReader(1 << 20));
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
}
