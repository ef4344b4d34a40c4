using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Peers;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Peers of two tenants that have different limits.</summary>
public sealed class TenantPeersTests
{
    [Fact]
    public async Task ATenantsPeersWantAsManyDocumentsAsTheyMay()
    {
        await using var relay = await StartAsync("max_documents: 2");
        var (a, b, c) = (await relay.ConnectAsync("/t/a/introduction/p"), await relay.ConnectAsync("/t/b/introduction/p"), await relay.ConnectAsync("/t/b/introduction/q"));
        foreach (var peer in new[] { a, b, c }) await peer.JoinAsync("x", "y", "z");
        await a.ExpectCloseAsync(4413, "too_many_documents");
        await b.ExpectMeetingAsync("q", "x", "y", "z");
    }

    [Fact]
    public async Task WhatIsHeldIsTheTenants()
    {
        await using var relay = await StartAsync("hold_bytes: 20000");
        var (a, b) = (await relay.ConnectAsync("/t/a/connection/p/q/d"), await relay.ConnectAsync("/t/b/connection/p/q/d"));
        foreach (var end in new[] { a, b }) await end.SendFrameAsync(Opcode.Binary, new byte[30_000]);
        await a.ExpectCloseAsync(4413, "hold_full");
        await b.ExpectNothingAsync();
    }

    [Fact]
    public async Task HowLongAnEndWaitsIsTheTenants()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync("hold_timeout: 5s", time);
        var (a, b) = (await relay.ConnectAsync("/t/a/connection/p/q/d"), await relay.ConnectAsync("/t/b/connection/p/q/d"));
        // Who is answered waits already.
        foreach (var end in new[] { a, b }) await end.ExpectNothingAsync();
        for (var i = 0; i < 14; i++) time.Advance(TimeSpan.FromMilliseconds(500));
        await a.ExpectCloseAsync(4410, "hold_timeout");
        await b.ExpectNothingAsync();
    }

    private static Task<RelayServer> StartAsync(string row, ManualTime? time = null) => RelayServer.StartAsync(
        settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ a: {{ peers: {{ {row} }} }}, b: {{}} }}").Tenants }, time: time);
}
