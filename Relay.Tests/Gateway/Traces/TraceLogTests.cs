using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;
using Relay.Core.Plugins;
using Relay.Core.Telemetry;
using Relay.Gateway.Hosting;
using Relay.Gateway.Webhooks;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Gateway.Webhooks;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>Lines of the log outside of HTTP requests belong to the span that they are about.</summary>
[Collection(TracesCollection.Name)]
public sealed partial class TraceLogTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatAPluginSaysInItsTurn(bool isJson)
    {
        using var log = new SpanLog();
        var (trace, _, parent) = SpanLog.NewParent();
        await using (var relay = await StartAsync(isJson))
        {
            var (client, _) = await relay.JoinAsync();
            await client.SendTextAsync($$"""{"type":"trace_log","request_id":"1","traceparent":"{{parent}}"}""");
            await client.ReceiveJsonAsync(static json => json.TryGetProperty("request_id", out _));
        }

        var turn = (await log.EndedAsync(RelayTrace.PluginHandle, trace)).SpanId.ToHexString();
        Assert.Equal((trace, turn), Line(isJson, "said at once"));
        Assert.Equal((trace, turn), Line(isJson, "said later"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatBecomesOfATunnel(bool isJson)
    {
        using var log = new SpanLog();
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        var port = ((IPEndPoint)target.LocalEndpoint).Port;
        await using (var relay = await StartAsync(isJson, static settings => settings with { Tunnel = settings.Tunnel with { Allow = TunnelRig.Allow("127.0.0.0/8:*") } }))
        {
            var (open, far) = await relay.TunnelAsync(target);
            far.Dispose();
            await open.ReceiveCloseAsync();
            target.Stop();
            var refused = await relay.ConnectAsync("/tunnel");
            await refused.SendChunkAsync(TunnelRig.Connect(port));
            Assert.Contains(" 502 ", await refused.ReceiveReplyAsync());
        }

        var dials = log.Ended.Where(static span => span.DisplayName == RelayTrace.TunnelDial).Select(static span => (span.TraceId.ToHexString(), span.SpanId.ToHexString())).ToList();
        Assert.Equal(dials, [Line(isJson, " ended: "), Line(isJson, " refused: 502")]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACallThatItsNodeFailedAt(bool isJson)
    {
        using var log = new SpanLog();
        var (trace, _, parent) = SpanLog.NewParent();
        await using (var relay = await StartAsync(isJson))
        {
            await using var node = await TestNode.JoinAsync(await relay.ConnectAsync("/nodes", ("Sec-WebSocket-Protocol", NodeWire.Subprotocol)));
            using var caller = new NodeCaller(relay);
            var answer = caller.PostAsync(NodeCaller.Body(stream: false), headers: ("traceparent", parent));
            await (await node.NextAsync()).FailAsync();
            using var failed = await answer;
        }

        var call = await log.EndedAsync(RelayTrace.NodeCall, trace);
        Assert.Equal((trace, call.SpanId.ToHexString()), Line(isJson, " failed at a call: "));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADeliveryThatFailed(bool isJson)
    {
        using var log = new SpanLog();
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = static _ => (500, "");
        await using (var relay = await StartAsync(isJson, receiver.Hooked()))
        {
            await relay.JoinAsync();
            var counters = relay.Services.GetRequiredService<WebhookCounters>();
            await Task.Run(async () =>
            {
                while (counters.FailedAttempts == 0) await Task.Yield();
            }).WaitAsync(TimeSpan.FromSeconds(30));
        }

        Assert.Contains(Line(isJson, " does not take events "), log.Ended.Where(static span => span.DisplayName == RelayTrace.WebhookDeliver).Select(static span => (span.TraceId.ToHexString(), span.SpanId.ToHexString())));
    }

    // The trace and the span of the one line that says so.
    private (string Trace, string Span) Line(bool isJson, string said)
    {
        var line = Assert.Single(File.ReadAllLines(_file), line => line.Contains(said, StringComparison.Ordinal));
        if (!isJson) return InText().Match(line) is { Success: true } match ? (match.Groups[1].Value, match.Groups[2].Value) : ("", line);
        var members = JsonDocument.Parse(line).RootElement;
        return members.TryGetProperty("trace_id", out var trace) ? (trace.GetString()!, members.GetProperty("span_id").GetString()!) : ("", line);
    }

    private async Task<RelayServer> StartAsync(bool isJson, Func<RelaySettings, RelaySettings>? change = null)
    {
        var options = new RelayLoggingOptions { Level = LogLevel.Information, Output = _file, Format = isJson ? LogFormat.Json : LogFormat.Text };
        Assert.True(RelayLogging.TryOpen(options, out var file, out _));
        return await RelayServer.StartAsync(settings => (change?.Invoke(settings) ?? settings) with { Logging = options }, static services => services.AddRelayPlugin<TracingPlugin>(), logFile: file);
    }

    [GeneratedRegex(" trace_id=([0-9a-f]{32}) span_id=([0-9a-f]{16})$")]
    private static partial Regex InText();
}
