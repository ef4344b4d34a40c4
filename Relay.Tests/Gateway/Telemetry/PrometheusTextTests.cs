using System.Diagnostics.Metrics;
using Relay.Gateway.Telemetry;

namespace Relay.Tests.Gateway.Telemetry;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new("Some");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void AFamilyHasItsHelpAndTypeOnce()
    {
        _meter.CreateObservableCounter("some_events_total", () => new[] { Of(1, ("kind", "a")), Of(2, ("kind", "b")) }, null, "Events.");

        Assert.Equal(
            """
            # HELP some_events_total Events.
            # TYPE some_events_total counter
            some_events_total{kind="a"} 1
            some_events_total{kind="b"} 2

            """,
            PrometheusText.Write(_meter));
    }

    [Fact]
    public void InstrumentsOfOneNameAreOneFamily()
    {
        _meter.CreateObservableGauge("some_size", () => Of(1, ("part", "a")), null, "Size.");
        _meter.CreateObservableGauge("other_size", () => 7L, null, "Other size.");
        _meter.CreateObservableGauge("some_size", () => Of(2, ("part", "b")), null, "Size.");

        var families = ExpositionText.Parse(PrometheusText.Write(_meter));

        Assert.Equal(["other_size", "some_size"], families.Select(family => family.Name));
        Assert.Equal([1, 2], families[1].Samples.Select(sample => sample.Value));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("a \"quoted\" word")]
    [InlineData("C:\\new\\\"x\"")]
    [InlineData("two\nlines\n")]
    [InlineData("\\n")]
    [InlineData("{a=\"b\"} 1")]
    [InlineData("")]
    public void LabelValuesComeThroughWhateverTheyHold(string content)
    {
        _meter.CreateObservableGauge("some_size", () => Of(1, ("content", content), ("other", "x")), null, "Size.");

        var sample = ExpositionText.Parse(PrometheusText.Write(_meter)).Single().Samples.Single();

        Assert.Equal(content, sample.Labels["content"]);
        Assert.Equal("x", sample.Labels["other"]);
    }

    [Fact]
    public void HelpMayHoldLineEndsAndBackslashes()
    {
        _meter.CreateObservableGauge("some_size", () => 1L, null, "One\n\\two \"three\".");

        var text = PrometheusText.Write(_meter);

        Assert.Equal("One\n\\two \"three\".", ExpositionText.Parse(text).Single().Help);
        Assert.Contains("\"three\"", text);
    }

    [Fact]
    public void ACounterEndsInTotal()
    {
        _meter.CreateObservableCounter("some_events", () => 3L, null, "Events.");

        Assert.Equal("some_events_total", ExpositionText.Parse(PrometheusText.Write(_meter)).Single().Name);
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(1e21, "1E+21")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    public void NumbersAreWrittenAsTheFormatWantsThem(double value, string written)
    {
        _meter.CreateObservableGauge("some_ratio", () => value, null, "Ratio.");

        var text = PrometheusText.Write(_meter);

        Assert.EndsWith($"some_ratio {written}\n", text);
        Assert.Equal(value, ExpositionText.Parse(text).Single().Samples.Single().Value);
    }

    [Fact]
    public void AnotherMeterOfTheSameNameIsNotWritten()
    {
        using var other = new Meter(_meter.Name);
        other.CreateObservableGauge("other_size", () => 1L);
        _meter.CreateObservableGauge("some_size", () => 1L);

        Assert.Equal("some_size", ExpositionText.Parse(PrometheusText.Write(_meter)).Single().Name);
    }

    private static Measurement<long> Of(long value, params (string Label, string Content)[] labels) =>
        new(value, labels.Select(each => new KeyValuePair<string, object?>(each.Label, each.Content)));
}
