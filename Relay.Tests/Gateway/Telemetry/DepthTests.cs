using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Webhooks;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>How full the queues are, who is there for what, and what went wrong.</summary>
public sealed class DepthTests
{
    [Fact]
    public async Task MessagesThatWaitForAPluginAreCounted()
    {
        using var probe = new Probe();
        await using var relay = await HubServer.StartAsync(probe: probe);
        var (client, _) = await relay.JoinAsync();
        for (var i = 0; i < 3; i++) await client.SendTextAsync("""{"type":"probe_wait"}""");
        await probe.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        // What was sent before it has been taken.
        await client.ExpectUsableAsync();

        Assert.Equal(2, (await MetricsRig.FamiliesAsync(relay.Services))["relay_inbox_messages"].Samples.Single().Value);

        probe.Gate.SetResult();
        await client.AskAsync("probe_wait");
        await client.ExpectUsableAsync();
        Assert.Equal(0, (await MetricsRig.FamiliesAsync(relay.Services))["relay_inbox_messages"].Samples.Single().Value);
    }

    [Fact]
    public async Task ConnectionsAreCountedByWhatTheyAreFor()
    {
        await using var relay = await HubServer.StartAsync();
        // A connection has its use once a message of its own has been taken.
        await (await relay.JoinAsync()).Client.ExpectUsableAsync();
        var (one, other) = (await relay.ConnectAsync("/rooms/r?since="), await relay.ConnectAsync("/rooms/r?since="));
        // Both are members.
        await one.ReceiveAsync();
        await other.ReceiveAsync();
        foreach (var (from, to, text) in new[] { (one, other, "from one"), (other, one, "from the other") })
        {
            await from.SendTextAsync(text);
            while (!(await to.ReceiveAsync()).Text.Contains(text, StringComparison.Ordinal)) { }
        }

        var families = await MetricsRig.FamiliesAsync(relay.Services);

        var jobs = families["relay_use_connections"].Samples.ToDictionary(static sample => sample.Labels["use"], static sample => sample.Value);
        Assert.Equal((1, 2, 0, 0), (jobs["hub"], jobs["room"], jobs["node"], jobs["none"]));
        Assert.Equal(3, families["relay_connections"].Samples.Single().Value);
        Assert.Equal(0, families["relay_reading_paused_connections"].Samples.Single().Value);
    }

    [Fact]
    public async Task ErrorsAreCountedByCode()
    {
        await using var relay = await RelayServer.StartAsync();
        var (client, _) = await relay.JoinAsync();
        // The count is the process', and other tests make errors too.
        var before = await ErrorsAsync(relay);
        await client.SendTextAsync("no JSON");
        await client.ReceiveJsonAsync("error");

        Assert.True(await ErrorsAsync(relay) > before);
    }

    [Fact]
    public async Task TheQuestionAboutAConnectionIsTimed()
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = static _ => (200, """{"allow":true}""");
        await using var relay = await RelayServer.StartAsync(receiver.Hooked(hooks => hooks with { Url = "", ConnectUrl = receiver.Url, ConnectTimeout = TimeSpan.FromSeconds(20) }));
        await relay.JoinAsync();

        Assert.Equal(1, (await MetricsRig.FamiliesAsync(relay.Services))["relay_connect_hook_seconds"].With("_count").Single().Value);
    }

    private static async Task<double> ErrorsAsync(RelayServer relay) =>
        (await MetricsRig.FamiliesAsync(relay.Services))["relay_errors_total"].Samples.Single(static sample => sample.Labels["code"] == "invalid_json" && sample.Labels["use"] == "hub").Value;
}
