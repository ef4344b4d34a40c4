using Relay.Core.Errors;
using Relay.Core.Limits;
using Relay.Gateway.Connections;
using Relay.Gateway.Limits;
using Relay.Gateway.Storage.Sqlite;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Storage;

namespace Relay.Tests.Gateway.Telemetry;

public sealed class RelayMetricsTests : IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private readonly GatewayCounters _gateway = new();
    private readonly SqliteStore _store;
    private readonly LimitTable _limits = new(TimeProvider.System, SubjectLimits.None, static _ => new());
    private readonly MetricsRig _metrics;

    public RelayMetricsTests()
    {
        _store = _folder.Start();
        _metrics = new(new() { Gateway = _gateway, Limits = _limits.Counters, Tenants = new(_limits, 10), Store = _store });
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _metrics.Dispose();
        _limits.Dispose();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task EveryMetricHasHelpAndTheRelaysPrefix()
    {
        var families = await _metrics.ScrapeAsync();

        Assert.NotEmpty(families);
        Assert.All(families.Values, family =>
        {
            Assert.Matches("^(relay|websocket)_", family.Name);
            Assert.EndsWith(".", family.Help);
            Assert.NotEmpty(family.Samples);
            Assert.Equal(family.Type == "counter", family.Name.EndsWith("_total"));
        });
    }

    [Fact]
    public async Task OpenConnectionsAreThoseOpenedAndNotClosed()
    {
        for (var i = 0; i < 3; i++) _gateway.ConnectionOpened();
        _gateway.ConnectionClosed(SocketUse.Hub, CloseReason.SlowConsumer);

        var families = await _metrics.ScrapeAsync();

        Assert.Equal(2, families["relay_connections"].Samples.Single().Value);
        Assert.Equal(3, families["relay_connections_opened_total"].Samples.Single().Value);
    }

    [Fact]
    public async Task EveryCloseReasonHasItsSeriesFromTheStart()
    {
        _gateway.ConnectionClosed(SocketUse.Hub, CloseReason.PeerGone);

        var samples = (await _metrics.ScrapeAsync())["relay_connections_closed_total"].Samples;

        Assert.Equal(
            Enum.GetValues<CloseReason>().Select(reason => ErrorCatalogue.Of(reason).Name).Order(),
            samples.Select(sample => sample.Labels["reason"]).Order());
        Assert.Equal("peer_gone", samples.Single(sample => sample.Value == 1).Labels["reason"]);
    }

    [Fact]
    public async Task MessagesAndBytesAreCountedEachWay()
    {
        _gateway.Received(new(3, 300));
        _gateway.Sent(2, 50);
        _gateway.Sent(1, 25);

        var families = await _metrics.ScrapeAsync();

        Assert.Equal(3, families["relay_messages_received_total"].Samples.Single().Value);
        Assert.Equal(300, families["relay_bytes_received_total"].Samples.Single().Value);
        Assert.Equal(3, families["relay_messages_sent_total"].Samples.Single().Value);
        Assert.Equal(75, families["relay_bytes_sent_total"].Samples.Single().Value);
    }

    [Fact]
    public async Task TheStoreSaysThatItWorks() => Assert.Equal(1, (await _metrics.ScrapeAsync())["relay_store_available"].Samples.Single().Value);

    [PromtoolFact]
    public async Task PromtoolFindsNothingToCorrect() => await Promtool.CheckMetricsAsync(await _metrics.TextAsync());
}
