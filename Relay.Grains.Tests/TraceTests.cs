using System.Diagnostics;
using System.Text;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Gateway.Traces;

namespace Relay.Grains.Tests;

/// <summary>One trace from a gateway to the hub and its plugin in another process of the cluster, and back.</summary>
[Collection(TracesCollection.Name)]
public sealed class TraceTests : ClusterTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ATraceGoesFromTheGatewayToThePluginAndBack(bool isBeside)
    {
        using var log = new SpanLog();
        var client = await JoinAsync(isBeside ? await Cluster.StartGatewayAsync(Cluster.Silos[0]) : First);
        var (trace, message) = Send(client, "t_say", "r1");
        await client.Connection.NextAsync("t_said");

        var ended = await log.EndedAsync(RelayTrace.HubMessage, trace);
        var plugin = await log.EndedAsync(RelayTrace.PluginHandle, trace);
        Assert.Same(message, ended);
        Assert.Equal(ActivityStatusCode.Unset, ended.Status);
        if (isBeside)
        {
            Assert.Equal(message.SpanId, plugin.ParentSpanId);
            return;
        }

        var dispatch = await log.EndedAsync(RelayTrace.HubDispatch, trace);
        Assert.Equal((message.SpanId, ActivityKind.Consumer, true), (dispatch.ParentSpanId, dispatch.Kind, dispatch.HasRemoteParent));
        Assert.Equal(dispatch.SpanId, plugin.ParentSpanId);
        Assert.Equal(["default", "c1"], [dispatch.GetTagItem(RelayTrace.Tenant), dispatch.GetTagItem(RelayTrace.Connection)]);
    }

    [Fact]
    public async Task AnErrorIsTheStatusAtBothEnds()
    {
        using var log = new SpanLog();
        var client = await JoinAsync(First);
        var (trace, _) = Send(client, "nobody_home", "r1");
        await client.Connection.NextAsync("error");
        foreach (var name in new[] { RelayTrace.HubMessage, RelayTrace.HubDispatch })
        {
            var span = await log.EndedAsync(name, trace);
            Assert.Equal((ActivityStatusCode.Error, "plugin_not_found"), (span.Status, span.GetTagItem(RelayTrace.ErrorType)));
        }
    }

    [Fact]
    public async Task EachMessageOfABatchHasItsOwnTraceOrNone()
    {
        using var log = new SpanLog();
        var client = await JoinAsync(First);
        var traces = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            if (i % 3 == 0) client.Send("t_say", $"r{i}");
            else traces.Add(Send(client, "t_say", $"r{i}").Trace);
        }

        foreach (var trace in traces)
        {
            var message = await log.EndedAsync(RelayTrace.HubMessage, trace);
            var dispatch = await log.EndedAsync(RelayTrace.HubDispatch, trace);
            Assert.Equal(message.SpanId, dispatch.ParentSpanId);
        }

        for (var i = 0; i < 60; i++) await client.Connection.NextAsync("t_said");
        Assert.Equal(traces.Count, log.Ended.Count(static span => span.DisplayName == RelayTrace.HubDispatch));
    }

    [Fact]
    public async Task WhatAClientDoesNotWaitForEndsTooWhenItLeaves()
    {
        using var log = new SpanLog();
        var client = await JoinAsync(First);
        var (trace, _) = Send(client, "t_wait", "r1");
        Assert.NotNull(await Probe.HeardAsync("waiting"));
        client.Leave();
        var message = await log.EndedAsync(RelayTrace.HubMessage, trace);
        Assert.Equal("disconnected", message.GetTagItem(RelayTrace.ErrorType));
    }

    private static (string Trace, Activity Message) Send(Client client, string type, string requestId)
    {
        var (trace, _, parent) = SpanLog.NewParent();
        Assert.True(Traceparent.TryRead(parent, out var context));
        Assert.True(ClientEnvelope.TryRead(Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","request_id":"{{requestId}}"}"""), out var envelope, out _));
        var message = RelayTrace.Begin(RelayTrace.HubMessage, ActivityKind.Server, context)!;
        client.Send(envelope with { Span = message });
        return (trace, message);
    }
}
