using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Storage;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>What is timed, and that it is only where somebody wants to know.</summary>
public sealed class DurationTests
{
    [Fact]
    public async Task AMessageIsTimedFromItsSocketThroughItsHandlerAndAJoinToItsWelcome()
    {
        await using var relay = await HubServer.StartAsync();
        var (client, _) = await relay.JoinAsync();
        // Once the second is answered the handler of the first has returned.
        for (var i = 0; i < 2; i++) await client.ExpectUsableAsync();

        var families = await MetricsRig.FamiliesAsync(relay.Services);

        Assert.Equal(2, Count(families["relay_dispatch_seconds"]));
        Assert.InRange(families["relay_dispatch_seconds"].With("_sum").Single().Value, 0, 60);
        Assert.InRange(Count(families["relay_plugin_seconds"], ("plugin", "echo_")), 1, 2);
        Assert.Equal(1, Count(families["relay_join_seconds"], ("use", "hub")));
    }

    [Fact]
    public async Task WithoutMetricsNothingIsTimedAndMessagesPassAllTheSame()
    {
        await using var relay = await HubServer.StartAsync(static settings => settings with { Metrics = new() { Enabled = false } });
        await (await relay.JoinAsync()).Client.ExpectUsableAsync();

        Assert.Null(relay.Services.GetService<RelayTelemetry>());
        Assert.Null(relay.Services.GetService<RelayMetrics>());
        Assert.False(relay.Services.GetRequiredService<RuntimeCounters>().Dispatches.AreWanted);
        Assert.False(relay.Services.GetRequiredService<GatewayCounters>().Joins.AreWanted);
    }

    [Fact]
    public void OneMessageOfABatchIsTimed()
    {
        var time = new ManualTime();
        var clock = new RuntimeClock(time);
        time.Advance(TimeSpan.FromSeconds(1));
        for (var batch = 0; batch < 2; batch++)
        {
            using var outer = TurnScope.Enter();
            Assert.True(TurnScope.TryTime(clock, out var now));
            Assert.Equal(clock.Now, now);
            using var inner = TurnScope.Enter();
            Assert.False(TurnScope.TryTime(clock, out _));
        }

        // What comes by no batch is its own.
        for (var i = 0; i < 2; i++) Assert.True(TurnScope.TryTime(clock, out _));
    }

    [Fact]
    public void NobodyWhoIsToldCostsNoClock()
    {
        var (durations, time, told) = (new Durations(), new ManualTime(), new List<(double, string?)>());
        Assert.Equal(0, durations.Begin(time));
        durations.End(time, 0, "x");
        durations.TellTo((seconds, label) => told.Add((seconds, label)));
        time.Advance(TimeSpan.FromSeconds(1));
        var began = durations.Begin(time);
        time.Advance(TimeSpan.FromSeconds(2));
        durations.End(time, began, "x");
        Assert.Equal([(2.0, "x")], told);
    }

    [Fact]
    public async Task ACallIsTimedToItsFirstByteAndToItsEnd()
    {
        await using var relay = await RelayServer.StartAsync();
        using var caller = new NodeCaller(relay.Url);
        (await caller.PostAsync(NodeCaller.Body("nobody-serves-it"))).Dispose();
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await node.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync("data: [DONE]\n\n", isLast: true);
        (await call).Dispose();

        var families = await MetricsRig.FamiliesAsync(relay.Services);

        Assert.Equal(1, Count(families["relay_node_first_byte_seconds"]));
        Assert.Equal(1, Count(families["relay_node_call_seconds"], ("outcome", "unknown_model")));
    }

    [Fact]
    public async Task ADialOfTheTunnelIsTimed()
    {
        using var listener = TunnelRig.Listen();
        await using var relay = await TunnelRig.StartAsync();
        var (_, target) = await relay.TunnelAsync(listener);
        target.Dispose();

        Assert.Equal(1, Count((await MetricsRig.FamiliesAsync(relay.Services))["relay_tunnel_dial_seconds"], ("outcome", "connected")));
    }

    [Fact]
    public async Task WhatTheStoreDoesIsTimed()
    {
        using var folder = new StoreFolder();
        await using var store = folder.Start(TimeProvider.System);
        var told = 0;
        store.Counters.Transactions.TellTo((_, _) => Interlocked.Increment(ref told));
        var values = store.Open(new(new(new("t"), "u"), "p_"), 1);
        // Once the second is done the first is over.
        for (var i = 0; i < 2; i++) await values.GetAsync("key", CancellationToken.None);

        Assert.InRange(Volatile.Read(ref told), 1, 2);
    }

    private static double Count(Family family, params (string Name, string Value)[] labels) =>
        family.With("_count").Single(sample => labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value)).Value;
}
