using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Connections;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Peers;

/// <summary>Peers that join again and again.</summary>
public sealed class JoinStormTests
{
    private const int Peers = 40;
    private const int Times = 100;

    [Fact]
    public async Task PeersThatReadAreAnsweredEachTimeAndNobodyIsClosed()
    {
        await using var relay = await RelayServer.StartAsync();
        var peers = await Task.WhenAll(Enumerable.Range(0, Peers).Select(i => relay.MeetAsync($"p{i}")));
        var reading = peers.Select(CountAsync).ToList();
        await Task.WhenAll(peers.Select(async static peer =>
        {
            for (var n = 0; n < Times; n++) await peer.JoinAsync("storm");
            await peer.SendFrameAsync(Opcode.Ping, "end"u8.ToArray());
        }));

        // Each is introduced to each other at least as often as itself has joined behind it, unless the same introduction waited already.
        foreach (var met in await Task.WhenAll(reading)) Assert.Equal(Peers - 1, met);
        Assert.Equal(Peers, relay.Services.GetRequiredService<ConnectionRegistry>().Count);
    }

    [Fact]
    public async Task WhatWaitsForAPeerThatDoesNotReadIsNoMoreThanThereArePeers()
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Hub = settings.Hub with { OutboxBytes = 65536 } });
        var counters = relay.Services.GetRequiredService<GatewayCounters>();
        var documents = Enumerable.Range(0, 100).Select(static i => $"{i}-{new string('d', 200)}").ToArray();
        var silent = await relay.MeetAsync("silent");
        silent.Socket.ReceiveBufferSize = 4096;
        await silent.JoinAsync(documents);
        await silent.ExpectNothingAsync();
        var loud = await relay.MeetAsync("loud");
        await loud.JoinAsync(documents);
        await loud.ExpectMeetingAsync("silent", documents);

        // Until the outbox of the one that does not read is full, and well beyond: about 20 KB each, of which one waits.
        var round = 0;
        for (var before = counters.IntroductionsMerged; counters.IntroductionsMerged < before + 200; round++)
        {
            await loud.JoinAsync("0-");
            await loud.ExpectMeetingAsync("silent", documents);
            Assert.True(round < 5000, "The outbox of a peer that does not read does not fill.");
        }

        Assert.Equal(2, relay.Services.GetRequiredService<ConnectionRegistry>().Count);

        // Now it reads: of what was held back the newest is left, and whoever comes next stands behind it.
        var last = await relay.MeetAsync("last");
        await last.JoinAsync(documents);
        var met = 0;
        while ((await silent.ReceiveJsonAsync("Introduction")).GetProperty("userName").GetString() == "loud") met++;
        Assert.InRange(met, 1, round + 1 - 200);
    }

    // How many different peers it met until its last ping was answered.
    private static async Task<int> CountAsync(RawWebSocketClient peer)
    {
        var met = new HashSet<string>();
        while (true)
        {
            var frame = await peer.ReceiveAsync();
            if (frame.Opcode == Opcode.Pong && met.Count == Peers - 1) return met.Count;
            if (frame.Opcode == Opcode.Pong) await peer.SendFrameAsync(Opcode.Ping, "not yet"u8.ToArray());
            else met.Add(System.Text.Json.JsonDocument.Parse(frame.Payload).RootElement.GetProperty("userName").GetString()!);
        }
    }
}
