using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Relay.Gateway.Telemetry;

namespace Relay.Tests.Gateway.Telemetry;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly Meter _meter = new("Some " + Guid.NewGuid());
    private readonly PrometheusExporter _exporter = new();
    private readonly Scrapes _scrapes;
    private MeterProvider? _provider;

    public PrometheusExporterTests() => _scrapes = new(_exporter, 8);

    public void Dispose()
    {
        _provider?.Dispose();
        _scrapes.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task AFamilyHasItsHelpAndTypeOnce()
    {
        _meter.CreateObservableCounter("some_events_total", () => new[] { Of(1, ("kind", "a")), Of(2, ("kind", "b")) }, null, "Events.");

        Assert.Equal(
            """
            # HELP some_events_total Events.
            # TYPE some_events_total counter
            some_events_total{kind="a"} 1
            some_events_total{kind="b"} 2

            """,
            Own(await TextAsync()));
    }

    [Fact]
    public async Task OpenMetricsNamesACounterWithoutItsEnding()
    {
        _meter.CreateObservableCounter("some_moved_bytes_total", () => 3L, "By", "Some \"bytes\".");

        Assert.Equal(
            """
            # TYPE some_moved_bytes counter
            # UNIT some_moved_bytes bytes
            # HELP some_moved_bytes Some \"bytes\".
            some_moved_bytes_total 3
            # EOF

            """,
            Own(await TextAsync(ScrapeFormat.OpenMetrics)));
    }

    [Theory]
    [InlineData(false, "1")]
    [InlineData(true, "1.0")]
    public async Task AHistogramsBucketsAreSummedUp(bool open, string one)
    {
        var histogram = _meter.CreateHistogram("some_wait_seconds", "s", "Waits.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 1] });
        Start();
        foreach (var value in (double[])[0.0005, 0.001, 0.5, 7]) histogram.Record(value);

        Assert.EndsWith(
            $$"""
            some_wait_seconds_bucket{le="0.001"} 2
            some_wait_seconds_bucket{le="{{one}}"} 3
            some_wait_seconds_bucket{le="+Inf"} 4
            some_wait_seconds_sum 7.5015
            some_wait_seconds_count 4
            {{(open ? "# EOF\n" : "")}}
            """,
            Own(await TextAsync(open ? ScrapeFormat.OpenMetrics : ScrapeFormat.Text)));
    }

    [Fact]
    public async Task AMetricWhoseNameIsTakenIsLeftOut()
    {
        _meter.CreateObservableGauge("some.size", () => 1L, null, "Size.");
        _meter.CreateObservableGauge("some_size", () => 2L, null, "Another.");

        Assert.Equal(1, Assert.Single(await OwnAsync(), static family => family.Name == "some_size").Samples.Single().Value);
    }

    [Fact]
    public async Task AUnitThatTheNameDoesNotHaveIsAdded()
    {
        _meter.CreateObservableGauge("some.memory", () => 1L, "By", "Memory.");
        _meter.CreateObservableCounter("some.pauses", () => 1.5, "s", "Pauses.");
        _meter.CreateObservableGauge("some.things", () => 1L, "{thing}", "Things.");

        Assert.Equal(["some_memory_bytes", "some_pauses_seconds_total", "some_things"], (await OwnAsync()).Select(static family => family.Name).Order());
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("a \"quoted\" word")]
    [InlineData("C:\\new\\\"x\"")]
    [InlineData("two\nlines\n")]
    [InlineData("\\n")]
    [InlineData("{a=\"b\"} 1")]
    [InlineData("")]
    public async Task LabelValuesComeThroughWhateverTheyHold(string content)
    {
        _meter.CreateObservableGauge("some_size", () => Of(1, ("content", content), ("an.other", "x")), null, "Size.");

        var text = (await OwnAsync()).Single().Samples.Single();
        var open = ExpositionText.ParseOpenMetrics(await TextAsync(ScrapeFormat.OpenMetrics))[^1].Samples.Single();

        foreach (var sample in (Sample[])[text, open])
        {
            Assert.Equal(content, sample.Labels["content"]);
            Assert.Equal("x", sample.Labels["an_other"]);
        }
    }

    [Fact]
    public async Task HelpMayHoldLineEndsAndBackslashes()
    {
        _meter.CreateObservableGauge("some_size", () => 1L, null, "One\n\\two \"three\".");

        var text = await TextAsync();

        Assert.Equal("One\n\\two \"three\".", ExpositionText.Parse(text)[^1].Help);
        Assert.Contains("\"three\"", text);
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(1e21, "1E+21")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    public async Task NumbersAreWrittenAsTheFormatWantsThem(double value, string written)
    {
        _meter.CreateObservableGauge("some_ratio", () => value, null, "Ratio.");

        var text = await TextAsync();

        Assert.EndsWith($"some_ratio {written}\n", text);
        Assert.Equal(value, ExpositionText.Parse(text)[^1].Samples.Single().Value);
    }

    [Fact]
    public async Task ScrapesAtTheSameTimeEachGetAWholeAnswer()
    {
        _meter.CreateObservableGauge("some_size", () => 1L, null, "Size.");
        Start();

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(each => Task.Run(() => MetricsRig.TextAsync(_scrapes, (ScrapeFormat)(each % 2)))));

        foreach (var (answer, each) in answers.Select(static (answer, each) => (answer, each)))
            Assert.Equal("some_size", (each % 2 == 0 ? ExpositionText.Parse(answer) : ExpositionText.ParseOpenMetrics(answer))[^1].Name);
    }

    [Fact]
    public void OnlySoManyScrapersAreThereAtATime()
    {
        for (var i = 0; i < 8; i++) Assert.True(_scrapes.TryEnter());
        Assert.False(_scrapes.TryEnter());
        Assert.False(_scrapes.TryEnter());
        _scrapes.Leave();
        Assert.True(_scrapes.TryEnter());
    }

    private void Start() => _provider ??= _exporter.Build(Sdk.CreateMeterProviderBuilder().SetResourceBuilder(TelemetryResource.Builder).AddMeter(_meter.Name));

    private Task<string> TextAsync(ScrapeFormat format = ScrapeFormat.Text)
    {
        Start();
        return MetricsRig.TextAsync(_scrapes, format);
    }

    private async Task<List<Family>> OwnAsync() => [.. ExpositionText.Parse(await TextAsync()).Where(static family => family.Name != "target_info")];

    // Without the three lines that say whose metrics they are.
    private static string Own(string text) => string.Join('\n', text.Split('\n').Skip(3));

    private static Measurement<long> Of(long value, params (string Label, string Content)[] labels) =>
        new(value, labels.Select(each => new KeyValuePair<string, object?>(each.Label, each.Content)));
}
