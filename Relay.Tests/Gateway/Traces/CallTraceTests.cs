using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;
using Relay.Core.Telemetry;
using Relay.Tests.Agent;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>What a caller says of its trace, as far as the model server.</summary>
[Collection(TracesCollection.Name)]
public class CallTraceTests
{
    [Fact]
    public async Task ACallsTraceReachesTheModelServer()
    {
        using var log = new SpanLog();
        var (trace, _, traceparent) = SpanLog.NewParent();
        var (_, told, _) = await AskAsync(("traceparent", traceparent));
        var call = await log.EndedAsync(RelayTrace.NodeCall, trace);
        var request = await log.EndedAsync("POST /v1/chat/completions", trace);
        Assert.Equal((request.SpanId, ActivityKind.Client, "test-node", 200), (call.ParentSpanId, call.Kind, call.GetTagItem(RelayTrace.Node), call.GetTagItem(RelayTrace.StatusCode)));
        Assert.Equal(call.Id, told);
        Assert.Equal([RelayTrace.NodeAttempt, RelayTrace.NodeAnswer], call.Events.Select(static one => one.Name));
    }

    [Theory]
    [InlineData(new[] { "vendor=abc,other=1" }, "vendor=abc,other=1")]
    [InlineData(new[] { "vendor=abc", "other=1" }, "vendor=abc, other=1")]
    [InlineData(new[] { "no list" }, "")]
    public async Task TheTracestateGoesWithIt(string[] said, string passed)
    {
        using var log = new SpanLog();
        var (trace, _, traceparent) = SpanLog.NewParent();
        var (_, told, state) = await AskAsync([("traceparent", traceparent), .. said.Select(static one => ("tracestate", one))]);
        Assert.Equal((trace, passed), (told.Split('-')[1], state));
    }

    [Fact]
    public async Task AHeadFullOfHeadersLeavesRoomForTheTraces()
    {
        using var log = new SpanLog();
        var (trace, _, traceparent) = SpanLog.NewParent();
        var many = Enumerable.Range(0, NodeWire.MaxHeaders).Select(static i => ($"openai-{i}", "1"));
        var (status, told, state) = await AskAsync([("traceparent", traceparent), ("tracestate", "vendor=abc"), .. many]);
        Assert.Equal((200, trace, "vendor=abc"), (status, told.Split('-')[1], state));
    }

    // A call by way of a relay and an agent: its status, and what the model server was told of the trace.
    private static async Task<(int Status, string Told, string State)> AskAsync(params (string Name, string Value)[] headers)
    {
        await using var model = await StartModelAsync();
        await using var relay = await RelayServer.StartAsync();
        await using var node = RunningNode.Start(relay.Url.AbsoluteUri.Replace("http", "ws", StringComparison.Ordinal), model.Urls.First() + "/v1", "--model", "m");
        await node.Connected;
        using var caller = new NodeCaller(relay);
        using var answer = await caller.PostAsync(NodeCaller.Body(stream: false), headers: headers);
        var told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        return ((int)answer.StatusCode, told.GetProperty("told").GetString()!, told.GetProperty("state").GetString()!);
    }

    // It answers with what it was told of the trace.
    private static async Task<WebApplication> StartModelAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var model = builder.Build();
        model.MapPost("/v1/chat/completions", static (HttpContext context) => Results.Json(new { told = context.Request.Headers["traceparent"].ToString(), state = context.Request.Headers["tracestate"].ToString() }));
        await model.StartAsync();
        return model;
    }
}
