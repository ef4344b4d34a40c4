using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Auth;
using Relay.Gateway.Nodes;
using Relay.Gateway.Telemetry;
using Relay.Tests.Repository;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>Errors and refused handshakes say for what they were.</summary>
public sealed partial class ToldErrorsTests
{
    [Theory]
    [InlineData("hub", "/ws?user_id=alice")]
    [InlineData("room", "/rooms/a")]
    [InlineData("introduction", "/introduction/a")]
    [InlineData("pipe", "/connection/a/b/c")]
    [InlineData("node", "/nodes")]
    [InlineData("tunnel", "/tunnel")]
    public async Task TheErrorOfASocketIsCountedForItsUse(string use, string target)
    {
        await using var relay = await RelayServer.StartAsync();
        (string, string)[] headers = use == "node" ? [("Sec-WebSocket-Protocol", "relay.node.v1")] : [];
        var client = await relay.ConnectAsync(target, headers);
        await client.SendFrameAsync(Opcode.Binary, "unmasked"u8.ToArray(), mask: false);
        await client.ReceiveCloseAsync();
        await client.DisposeAsync();
        // A tunnel's socket counts when all in it has ended.
        var counters = relay.Services.GetRequiredService<GatewayCounters>();
        await Task.Run(async () =>
        {
            while (counters.Closed(CloseReason.ProtocolError) == 0) await Task.Yield();
        }).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal([("protocol_error", use)], await OneAsync(relay, "relay_errors_total", "code", static sample => sample.Labels["code"] == "protocol_error"));
    }

    [Theory]
    [InlineData("api", "/api/v1/nothing", "not_found")]
    [InlineData("api", "/api/v1/users/u/connections?limit=none", "invalid_limit")]
    [InlineData("call", "/v1/models/none", "model_not_found")]
    [InlineData("call", "/v1/chat/completions", "method_not_allowed")]
    public async Task TheErrorOfAnHttpAnswerIsCountedForItsApi(string use, string target, string code)
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        using var answer = await http.GetAsync(target);

        Assert.False(answer.IsSuccessStatusCode);
        Assert.Equal([(code, use)], await OneAsync(relay, "relay_errors_total", "code", static sample => sample.Labels["use"] is "api" or "call"));
    }

    [Theory]
    [InlineData("room", "/rooms/a", "origin", "https://evil.example")]
    [InlineData("tunnel", "/tunnel", "origin", "https://evil.example")]
    [InlineData("room", "/rooms/a?since=none", "invalid", null)]
    [InlineData("node", "/nodes", "invalid", null)]
    public async Task ARefusedHandshakeSaysForWhatItWas(string use, string target, string reason, string? origin)
    {
        await using var relay = await RelayServer.StartAsync();
        var client = await relay.TryConnectAsync(target, origin is null ? [] : [("Origin", origin)]);

        Assert.InRange(client.Status, 400, 499);
        Assert.Equal([(reason, use)], await OneAsync(relay, "relay_handshakes_refused_total", "reason", static _ => true));
    }

    [Theory]
    [InlineData(401, "denied")]
    [InlineData(403, "denied")]
    [InlineData(404, "denied")]
    [InlineData(429, "limit")]
    [InlineData(503, "unavailable")]
    [InlineData(400, "invalid")]
    public async Task ARefusedHandshakeSaysWhy(int status, string reason)
    {
        await using var relay = await RelayServer.StartAsync(identities: new Refusing(status));
        await relay.TryConnectAsync("/connection/a/b/c");

        Assert.Equal([(reason, "pipe")], await OneAsync(relay, "relay_handshakes_refused_total", "reason", static _ => true));
    }

    [Fact]
    public async Task WhatIsNoCodeMakesNoSeries()
    {
        var sources = new MetricSources();
        using var rig = new MetricsRig(sources);
        sources.Gateway.ApiErrors.Count("made up");

        Assert.Equal(1, (await rig.ScrapeAsync())["relay_errors_total"].Samples.Single(static sample => sample.Labels["use"] == "api" && sample.Labels["code"] == "other").Value);
    }

    [Fact]
    public async Task EachPairHasOneSeries()
    {
        using var rig = new MetricsRig();
        var pairs = (await rig.ScrapeAsync())["relay_errors_total"].Samples.Select(static sample => (sample.Labels["code"], sample.Labels["use"])).ToList();

        Assert.Equal(pairs.Count, pairs.Distinct().Count());
        Assert.InRange(pairs.Count, 200, 400);
    }

    [Fact]
    public void ThePageOfTheProtocolHasTheCodesOfCalls()
    {
        var page = SourceTree.Read("docs/protocol.md");
        var table = page[page.IndexOf("| status | `code` | |", page.IndexOf("with `type` `server_error`", StringComparison.Ordinal), StringComparison.Ordinal)..];
        var told = table[..table.IndexOf("\n\n", StringComparison.Ordinal)].Split('\n').Skip(2).SelectMany(static line => Code().Matches(line.Split('|')[2])).Select(static code => code.Groups[1].Value);

        Assert.Equal(CallError.Codes.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    // The series that have counted, each once. Those of hubs' frames count for the whole process and are the affair of others.
    private static async Task<IEnumerable<(string, string)>> OneAsync(RelayServer relay, string name, string label, Func<Sample, bool> which) =>
        (await MetricsRig.FamiliesAsync(relay.Services))[name].Samples.Where(which).Where(static sample => sample.Value == 1).Select(sample => (sample.Labels[label], sample.Labels["use"]));

    private sealed class Refusing(int status) : IIdentitySource
    {
        public ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access) => new(IdentityResult.Refused(new(status, "refused", "No.")));
    }

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Code();
}
