using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Silo;
using Relay.Tests.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Metrics;

/// <summary>The official exporter, which a cluster's processes use, says what ours says: docs/metrics.md, the alerts and the dashboard hold for both.</summary>
public sealed class ExpositionTests
{
    // Gauges of what is under way at the moment: each scrape may find another value.
    private static readonly string[] Momentary = ["dotnet_", "relay_thread_pool_", "relay_outbox_", "relay_inbox_", "relay_plugin_", "relay_store_queue_"];

    private readonly BothExpositions _both = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BothSayTheSameOfEveryKindOfInstrument(bool open)
    {
        using var meter = new Meter("Some " + Guid.NewGuid());
        using var provider = _both.Build(Sdk.CreateMeterProviderBuilder().SetResourceBuilder(TelemetryResource.Builder).AddMeter(meter.Name));
        meter.CreateObservableCounter("some_events_total", static () => new[] { Of(1L, ("kind", "a")), Of(2L, ("kind", "b")) }, null, "Events.");
        meter.CreateObservableCounter("some_moved_bytes_total", static () => long.MaxValue, "By", "Some \"bytes\".");
        meter.CreateObservableCounter("some.pauses", static () => 1.5, "s", "One\n\\two.");
        meter.CreateObservableUpDownCounter("some.things", static () => -3L, "{thing}", "Things.");
        meter.CreateObservableGauge("some.memory", static () => 5L, "By", "Memory.");
        meter.CreateObservableGauge("some_delay", static () => 7.25, "ms", "Delay.");
        meter.CreateObservableGauge("some_ratio", static () => new[] { Of(double.NaN, ("of", "none")), Of(double.PositiveInfinity, ("of", "much")), Of(double.NegativeInfinity, ("of", "debt")), Of(1e21, ("of", "all")), Of(1e-7, ("of", "few")), Of(0.1, ("of", "")) }, null, "Ratio.");
        meter.CreateObservableGauge("some_words", static () => ((string[])["a \"quoted\" word", "C:\\new\\\"x\"", "two\nlines\n", "\\n", "{a=\"b\"} 1", "ünïcode €"]).Select(static word => Of(1L, ("content", word), ("an.other", "x"))), null, "Words.");
        var histogram = meter.CreateHistogram("some_wait_seconds", "s", "Waits.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.000_005, 0.000_025, 0.000_1, 0.5, 1, 600] });
        foreach (var value in (double[])[0.000_001, 0.000_01, 0.3, 1, 7, 1e9])
        {
            histogram.Record(value, new KeyValuePair<string, object?>("use", "hub"));
            histogram.Record(2 * value, new KeyValuePair<string, object?>("use", "room"));
        }

        var format = open ? ScrapeFormat.OpenMetrics : ScrapeFormat.Text;
        var (ours, official) = (await _both.OursAsync(format), await _both.OfficialAsync(format));

        Assert.Equal(10, ours.Count);
        Assert.Equal(Headers(ours), Headers(official));
        Assert.Equal(Series(ours), Series(official));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BothSayTheSameOfARelay(bool open)
    {
        await using var relay = await StartAsync();
        var (client, _) = await relay.JoinAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendTextAsync("""{"type":"echo_say","request_id":"r","data":"hello"}""");
            await client.ReceiveJsonAsync(static json => json.TryGetProperty("request_id", out _));
        }

        var format = open ? ScrapeFormat.OpenMetrics : ScrapeFormat.Text;
        var (before, official, after) = (await _both.OursAsync(format), await _both.OfficialAsync(format), await _both.OursAsync(format));

        // A relay lives: a family or a series may appear between two scrapes (.NET's first exception has one) and what is counted may grow, but most of its gauges stand still here.
        Assert.Empty(Headers(before).Except(Headers(official)));
        Assert.Empty(Headers(official).Except(Headers(after)));
        Assert.Contains(official, static family => family.Name == "relay_dispatch_seconds");
        var (least, told, most) = (Series(before), Series(official), Series(after));
        Assert.Empty(least.Keys.Except(told.Keys));
        Assert.Empty(told.Keys.Except(most.Keys));
        var grows = after.Where(static family => family.Type is "counter" or "histogram").SelectMany(static family => family.Samples).Select(Key).ToHashSet();
        Assert.All(told, sample =>
        {
            if (grows.Contains(sample.Key)) Assert.InRange(sample.Value, least.GetValueOrDefault(sample.Key), most[sample.Key]);
            else if (!Momentary.Any(prefix => sample.Key.StartsWith(prefix, StringComparison.Ordinal))) Assert.Equal(most[sample.Key], sample.Value);
        });
    }

    [Fact]
    public async Task OfUnitsAndNamesThatNoInstrumentOfTheRelayHasTheyDiffer()
    {
        using var meter = new Meter("Some " + Guid.NewGuid());
        using var provider = _both.Build(Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name));
        meter.CreateObservableGauge("some_share", static () => 0.5, "1", "Share.");
        meter.CreateObservableGauge("some.size", static () => 1L, null, "Size.");
        meter.CreateObservableGauge("some_size", static () => new[] { Of(2L, ("of", "more")) }, null, "Size.");
        meter.CreateObservableGauge("some.wait", static () => 1L, null, "Wait.");
        meter.CreateHistogram<double>("some_wait", null, "Wait.").Record(1);

        var (ours, official) = (await _both.OursAsync(ScrapeFormat.Text), await _both.OfficialAsync(ScrapeFormat.Text));

        Assert.Equal(["some_share_ratio 1", "some_size 1", "some_wait 1"], Sizes(ours));
        Assert.Equal(["some_share 1", "some_size 2"], Sizes(official));

        static IEnumerable<string> Sizes(IEnumerable<Family> families) =>
            families.Where(static family => family.Name.StartsWith("some_", StringComparison.Ordinal)).OrderBy(static family => family.Name, StringComparer.Ordinal).Select(static family => $"{family.Name} {family.Samples.Count}");
    }

    [Fact]
    public async Task EachScrapeSaysWhatIsNow()
    {
        using var meter = new Meter("Some " + Guid.NewGuid());
        using var provider = _both.Build(Sdk.CreateMeterProviderBuilder().SetResourceBuilder(TelemetryResource.Builder).AddMeter(meter.Name));
        var reads = 0;
        meter.CreateObservableCounter("some_reads_total", () => ++reads, null, "Reads.");
        for (var scrape = 1; scrape <= 3; scrape++)
            Assert.Equal(scrape, (await _both.OfficialAsync(ScrapeFormat.Text)).Single(static family => family.Name == "some_reads_total").Samples.Single().Value);
    }

    [PromtoolFact]
    public async Task PromtoolFindsNothingToCorrect()
    {
        await using var relay = await StartAsync();
        await relay.JoinAsync();
        await Promtool.CheckMetricsAsync(await _both.OfficialTextAsync(ScrapeFormat.Text));
    }

    [Theory]
    [InlineData(ClusterRole.All)]
    [InlineData(ClusterRole.Silo)]
    [InlineData(ClusterRole.Gateway)]
    internal async Task EachProcessOfAClusterUsesTheOfficialOne(ClusterRole role)
    {
        var folder = Directory.CreateTempSubdirectory("relay-exposition-");
        try
        {
            var settings = new RelaySettings
            {
                Logging = new RelayLoggingOptions { Level = LogLevel.None },
                Plugins = new RelayPluginsOptions { Directory = Path.Combine(folder.FullName, "plugins") },
                Storage = new RelayStorageOptions { Sqlite = new RelaySqliteOptions { Path = Path.Combine(folder.FullName, "relay.db") } },
            };
            await using var app = SiloHost.Build(role, settings, logFile: null);
            Assert.IsType<OfficialExposition>(app.Services.GetRequiredService<IMetricsExposition>());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Task<RelayServer> StartAsync() => RelayServer.StartAsync(
        static settings => settings with { Plugins = settings.Plugins with { Echo = new RelayEchoOptions { Enabled = true } } },
        services => services.AddSingleton<IMetricsExposition>(_both));

    private static List<string> Headers(IEnumerable<Family> families) => [.. families.Select(static family => $"{family.Name} {family.Type} {family.Unit} {family.Help}").Order(StringComparer.Ordinal)];

    private static SortedDictionary<string, double> Series(IEnumerable<Family> families) =>
        new(families.SelectMany(static family => family.Samples).ToDictionary(Key, static sample => sample.Value), StringComparer.Ordinal);

    private static string Key(Sample sample) => $"{sample.Name}{{{string.Join(',', sample.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}=\"{label.Value}\""))}}}";

    private static Measurement<T> Of<T>(T value, params (string Label, string Content)[] labels)
        where T : struct => new(value, labels.Select(static each => new KeyValuePair<string, object?>(each.Label, each.Content)));
}
