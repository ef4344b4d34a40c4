using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Relay.Core;
using Relay.Core.Telemetry;
using Relay.Core.Tunnel;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tunnel;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Webhooks;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>Spans of HTTP requests, and what goes on from them.</summary>
[Collection(TracesCollection.Name)]
public class HttpTraceTests
{
    [Theory]
    [InlineData("/api/v1/users/alice/connections", "GET /api/v1/users/{user}/connections")]
    [InlineData("/v1/models", "GET /v1/models")]
    [InlineData("/t/default/v1/models", "GET /v1/models")]
    public async Task ARequestIsASpanNamedByItsRoute(string path, string name)
    {
        using var log = new SpanLog();
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var (trace, parent, traceparent) = SpanLog.NewParent();
        using var request = new HttpRequestMessage(HttpMethod.Get, path + "?access_token=secret");
        request.Headers.Add("traceparent", traceparent);
        using var answer = await http.SendAsync(request);
        var span = await log.EndedAsync(name, trace);
        // The client's own HTTP has put a span of its own between, or not: the trace is the same.
        Assert.Equal((parent, ActivityKind.Server, (int)answer.StatusCode), (span.ParentSpanId.ToHexString(), span.Kind, span.GetTagItem(RelayTrace.StatusCode)));
        Assert.DoesNotContain(span.TagObjects, static tag => tag.Value?.ToString()?.Contains("secret", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    public async Task AWrongParentIsNone(string traceparent)
    {
        using var log = new SpanLog();
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.TryAddWithoutValidation("traceparent", traceparent);
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(log.Ended, static span => span.DisplayName == "GET /v1/models" && span.ParentSpanId == default);
    }

    [Fact]
    public async Task AnUpgradeEndsWithItsPlaceAndTheHookCarriesIt()
    {
        using var log = new SpanLog();
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = static _ => (200, """{"allow":true}""");
        await using var relay = await RelayServer.StartAsync(receiver.Hooked(hooks => hooks with { ConnectUrl = receiver.Url, Url = "" }));
        var (trace, parent, traceparent) = SpanLog.NewParent();
        var client = await relay.ConnectAsync("/ws?user_id=alice", ("traceparent", traceparent), ("tracestate", "vendor=abc"));
        await client.ReceiveJsonAsync(static json => json.GetProperty("type").ValueEquals("welcome"));
        var span = await log.EndedAsync("GET /ws", trace);
        var hook = await log.EndedAsync(RelayTrace.ConnectHook, trace);
        Assert.Equal((parent, 101), (span.ParentSpanId.ToHexString(), span.GetTagItem(RelayTrace.StatusCode)));
        Assert.NotNull(span.GetTagItem(RelayTrace.Connection));
        Assert.Equal((span.SpanId, ActivityKind.Client), (hook.ParentSpanId, hook.Kind));
        var asked = await receiver.NextAsync();
        Assert.Equal((trace, "vendor=abc"), (asked.Traceparent.Split('-')[1], asked.Tracestate));
    }

    [Fact]
    public async Task ADeliveryOfEventsIsATraceOfItsOwn()
    {
        using var log = new SpanLog();
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await RelayServer.StartAsync(receiver.Hooked());
        var (trace, _, traceparent) = SpanLog.NewParent();
        var client = await relay.ConnectAsync("/ws?user_id=alice", ("traceparent", traceparent));
        await client.ReceiveJsonAsync(static json => json.GetProperty("type").ValueEquals("welcome"));
        var told = (await receiver.NextAsync()).Traceparent.Split('-');
        Assert.NotEqual(trace, told[1]);
        var span = await log.EndedAsync(RelayTrace.WebhookDeliver, told[1]);
        Assert.Equal(("default", 200), (span.GetTagItem(RelayTrace.Tenant), span.GetTagItem(RelayTrace.StatusCode)));
    }

    [Fact]
    public async Task ATunnelsDialIsASpan()
    {
        using var log = new SpanLog();
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        Assert.True(EgressRule.TryParse($"127.0.0.1:{port}", out var rule));
        var dialer = new TunnelDialer(new(new RelaySettings { Tunnel = new() { Allow = [rule] } }), new SystemResolver(), TimeProvider.System);
        var dialed = await dialer.DialAsync(TenantId.Default, new("127.0.0.1", port, IPAddress.Loopback), default);
        Assert.Equal(502, dialed.Status);
        var span = Assert.Single(log.Ended, static span => span.DisplayName == RelayTrace.TunnelDial);
        Assert.Equal(
            ("default", "127.0.0.1", port, "502", ActivityStatusCode.Error),
            (span.GetTagItem(RelayTrace.Tenant), span.GetTagItem(RelayTrace.ServerAddress), span.GetTagItem(RelayTrace.ServerPort), span.GetTagItem(RelayTrace.ErrorType), span.Status));
    }

    [Fact]
    public async Task ACallWithoutANodeIsAnError()
    {
        using var log = new SpanLog();
        await using var relay = await RelayServer.StartAsync();
        using var caller = new NodeCaller(relay);
        var (trace, _, traceparent) = SpanLog.NewParent();
        using var answer = await caller.PostAsync(NodeCaller.Body("nobodys"), headers: ("traceparent", traceparent));
        var call = await log.EndedAsync(RelayTrace.NodeCall, trace);
        Assert.Equal((ActivityStatusCode.Error, "model_not_found"), (call.Status, call.GetTagItem(RelayTrace.ErrorType)));
    }
}
