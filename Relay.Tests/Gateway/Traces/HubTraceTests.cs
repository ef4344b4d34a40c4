using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Relay.Core.Plugins;
using Relay.Core.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>One trace from a client's message through hub and plugin to the reply.</summary>
[Collection(TracesCollection.Name)]
public class HubTraceTests
{
    [Theory]
    [InlineData("now")]
    [InlineData("later")]
    public async Task AMessageIsOneTraceFromTheClientToThePlugin(string topic)
    {
        using var log = new SpanLog();
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        var connection = (await client.ReceiveJsonAsync(static json => json.GetProperty("type").ValueEquals("welcome"))).GetProperty("connection_id").GetString();
        var (trace, span, parent) = SpanLog.NewParent();
        var reply = await AskAsync(client, "trace_" + topic, parent);

        var message = await log.EndedAsync(RelayTrace.HubMessage, trace);
        var plugin = await log.EndedAsync(RelayTrace.PluginHandle, trace);
        Assert.Equal((span, ActivityKind.Server), (message.ParentSpanId.ToHexString(), message.Kind));
        Assert.Equal((message.SpanId, ActivityKind.Internal), (plugin.ParentSpanId, plugin.Kind));
        Assert.Equal(plugin.Id, reply.GetProperty("data").GetString());
        Assert.Equal(["default", connection], [message.GetTagItem(RelayTrace.Tenant), message.GetTagItem(RelayTrace.Connection)]);
        Assert.Equal(["default", connection, "trace_", topic], new[] { RelayTrace.Tenant, RelayTrace.Connection, RelayTrace.Plugin, RelayTrace.Topic }.Select(plugin.GetTagItem));
        Assert.Equal(ActivityStatusCode.Unset, message.Status);
    }

    [Fact]
    public async Task AMessageWithoutAParentBeginsATraceOfItsOwn()
    {
        using var log = new SpanLog();
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        var seen = (await AskAsync(client, "trace_now", null)).GetProperty("data").GetString()!.Split('-');
        var other = (await AskAsync(client, "trace_now", null)).GetProperty("data").GetString()!.Split('-');
        var message = await log.EndedAsync(RelayTrace.HubMessage, seen[1]);
        Assert.Equal(default, message.ParentSpanId);
        Assert.NotEqual(seen[1], other[1]);
    }

    [Fact]
    public async Task TheReplyDoesNotTakeThePluginsSpanAway()
    {
        using var log = new SpanLog();
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        var (trace, _, parent) = SpanLog.NewParent();
        await client.SendTextAsync($$"""{"type":"trace_after_reply","request_id":"1","traceparent":"{{parent}}"}""");
        var current = await client.ReceiveJsonAsync(static json => json.GetProperty("type").ValueEquals("trace_current"));
        var plugin = await log.EndedAsync(RelayTrace.PluginHandle, trace);
        Assert.Equal(plugin.Id, current.GetProperty("data").GetString());
    }

    [Fact]
    public async Task ADetachedRequestGoesOnBehindThePluginsCode()
    {
        using var log = new SpanLog();
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        var (trace, _, parent) = SpanLog.NewParent();
        await client.SendTextAsync($$"""{"type":"trace_detach","request_id":"1","traceparent":"{{parent}}"}""");
        await client.ReceiveJsonAsync(static json => json.GetProperty("type").ValueEquals("trace_done"));
        var message = await log.EndedAsync(RelayTrace.HubMessage, trace);
        var plugin = await log.EndedAsync(RelayTrace.PluginHandle, trace);
        Assert.Equal(message.SpanId, plugin.ParentSpanId);
    }

    [Theory]
    [InlineData("trace_fail", "trace_sorry", true)]
    [InlineData("trace_crash", "plugin_failed", true)]
    [InlineData("nobody_home", "plugin_not_found", false)]
    public async Task WhatGoesWrongIsTheSpansStatus(string type, string error, bool isHandled)
    {
        using var log = new SpanLog();
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        var (trace, _, parent) = SpanLog.NewParent();
        await AskAsync(client, type, parent);
        var message = await log.EndedAsync(RelayTrace.HubMessage, trace);
        Assert.Equal((ActivityStatusCode.Error, error), (message.Status, message.GetTagItem(RelayTrace.ErrorType)));
        if (!isHandled) return;
        var plugin = await log.EndedAsync(RelayTrace.PluginHandle, trace);
        Assert.Equal(type == "trace_crash" ? typeof(InvalidOperationException).FullName : null, plugin.GetTagItem(RelayTrace.ErrorType));
        Assert.DoesNotContain(log.Ended, static span => span.Tags.Any(static tag => tag.Value?.Contains("secret", StringComparison.Ordinal) == true) || span.StatusDescription is not null);
    }

    [Fact]
    public async Task ACallThatThePluginMakesCarriesTheTrace()
    {
        using var log = new SpanLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var other = builder.Build();
        other.MapGet("/", static (HttpContext context) => context.Request.Headers["traceparent"].ToString());
        await other.StartAsync();
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        var (trace, _, parent) = SpanLog.NewParent();
        var reply = await AskAsync(client, "trace_call", parent, $"\"{other.Urls.First()}\"");
        var plugin = await log.EndedAsync(RelayTrace.PluginHandle, trace);
        var told = reply.GetProperty("data").GetString()!.Split('-');
        Assert.Equal((trace, "01"), (told[1], told[3]));
        Assert.NotEqual(default, plugin.SpanId);
    }

    [Fact]
    public async Task NobodyListeningThereIsNoSpan()
    {
        await using var relay = await StartAsync();
        var client = await relay.ConnectAsync();
        Assert.Equal("", (await AskAsync(client, "trace_later", SpanLog.NewParent().Traceparent)).GetProperty("data").GetString());
    }

    private static Task<RelayServer> StartAsync() => RelayServer.StartAsync(services: static services => services.AddRelayPlugin<TracingPlugin>());

    private static async Task<JsonElement> AskAsync(RawWebSocketClient client, string type, string? parent, string data = "null")
    {
        var member = parent is null ? "" : $",\"traceparent\":\"{parent}\"";
        await client.SendTextAsync($$"""{"type":"{{type}}","request_id":"1","data":{{data}}{{member}}}""");
        return await client.ReceiveJsonAsync(static json => json.TryGetProperty("request_id", out _));
    }
}
