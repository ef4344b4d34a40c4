using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;

namespace Relay.Tests.Agent;

/// <summary>The relay's end of node sockets, played by a test.</summary>
internal sealed class FakeNodeRelay : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<FakeNodeLink> _links;

    private FakeNodeRelay(WebApplication app, Channel<FakeNodeLink> links) => (_app, _links) = (app, links);

    public string Url => _app.Urls.First().Replace("http", "ws", StringComparison.Ordinal);

    /// <summary>The status of refused upgrades; none is refused while it is 0.</summary>
    public int Refusal { get; set; }

    /// <summary>The token that the last node brought.</summary>
    public string? Authorization { get; private set; }

    public static async Task<FakeNodeRelay> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var links = Channel.CreateUnbounded<FakeNodeLink>();
        var relay = new FakeNodeRelay(app, links);
        app.UseWebSockets();
        app.Run(async context =>
        {
            relay.Authorization = context.Request.Headers.Authorization;
            if (relay.Refusal != 0)
            {
                context.Response.StatusCode = relay.Refusal;
                return;
            }

            var link = new FakeNodeLink(await context.WebSockets.AcceptWebSocketAsync(NodeWire.Subprotocol));
            links.Writer.TryWrite(link);
            await link.Ended;
        });
        await app.StartAsync();
        return relay;
    }

    /// <summary>The next node that connects, past its hello and the welcome.</summary>
    public async Task<(FakeNodeLink Link, NodeHello Hello)> WelcomeAsync(NodeWelcome? welcome = null)
    {
        var link = await NextAsync();
        var hello = await link.ReceiveAsync<NodeHello>();
        await link.SendAsync(welcome ?? new NodeWelcome(TimeSpan.FromMinutes(1), 65536, 262144, 1 << 24, "test"));
        return (link, hello);
    }

    public async Task<FakeNodeLink> NextAsync() => await _links.Reader.ReadAsync().AsTask().WaitAsync(FakeNodeLink.Bound);

    public async ValueTask DisposeAsync()
    {
        while (_links.Reader.TryRead(out var link)) link.Drop();
        await _app.DisposeAsync();
    }
}
