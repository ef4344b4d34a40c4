using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>What goes wrong with plugins says of which.</summary>
public sealed class PluginMetricsTests
{
    [Fact]
    public async Task CrashesAndRestartsAndFailuresAreThatPluginsAndEveryPluginBeginsAtZero()
    {
        await using var relay = await RelayServer.StartAsync(services: static services => services.AddRelayPlugin<FragilePlugin>().AddRelayPlugin<SturdyPlugin>());
        var (client, _) = await relay.JoinAsync();
        Assert.Equal([("fragile_", 0), ("sturdy_", 0)], await ReadAsync(relay, "relay_plugin_crashes_total"));

        await client.SendTextAsync("""{"type":"fragile_break","request_id":"r1"}""");
        await client.ReceiveJsonAsync("error");
        await client.SendTextAsync("""{"type":"fragile_break","request_id":"r2"}""");
        await client.ReceiveJsonAsync(static frame => frame.TryGetProperty("status", out var status) && status.GetString() == "failed");
        await client.SendTextAsync("""{"type":"nobodys_break","request_id":"r3"}""");
        await client.ReceiveJsonAsync(static frame => frame.TryGetProperty("request_id", out var id) && id.GetString() == "r3");

        Assert.Equal([("fragile_", 2), ("sturdy_", 0)], await ReadAsync(relay, "relay_plugin_crashes_total"));
        Assert.Equal([("fragile_", 1), ("sturdy_", 0)], await ReadAsync(relay, "relay_plugin_restarts_total"));
        Assert.Equal([("fragile_", 1), ("sturdy_", 0)], await ReadAsync(relay, "relay_plugins_failed_total"));
        Assert.Equal([("fragile_", 0), ("sturdy_", 0)], await ReadAsync(relay, "relay_plugin_time_limits_total"));
    }

    private static async Task<IEnumerable<(string, double)>> ReadAsync(RelayServer relay, string name) =>
        (await MetricsRig.FamiliesAsync(relay.Services))[name].Samples.Select(static sample => (sample.Labels["plugin"], sample.Value)).Where(static each => each.Item1 is "fragile_" or "sturdy_" or "nobodys_").Order();

    [RelayPlugin("fragile_")]
    private sealed class FragilePlugin : IRelayPlugin
    {
        public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation) => throw new InvalidOperationException("broken");
    }

    [RelayPlugin("sturdy_")]
    private sealed class SturdyPlugin : IRelayPlugin
    {
        public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation) => default;
    }
}
