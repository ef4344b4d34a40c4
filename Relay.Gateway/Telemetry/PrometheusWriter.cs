using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace Relay.Gateway.Telemetry;

/// <summary>Writes one answer to a scrape.</summary>
internal readonly struct PrometheusWriter(IBufferWriter<byte> output, ScrapeFormat format)
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create("\\\"\n");

    /// <summary>What the process is, as labels of a metric that is always 1.</summary>
    public void Target(IEnumerable<KeyValuePair<string, object>> attributes)
    {
        Write(format == ScrapeFormat.OpenMetrics ? "# TYPE target info\n# HELP target Target metadata\n"u8 : "# HELP target_info Target metadata\n# TYPE target_info gauge\n"u8);
        Write("target_info"u8);
        var labels = 0;
        foreach (var (name, value) in attributes) Label(ref labels, name, value);
        Write(labels > 0 ? "} 1\n"u8 : " 1\n"u8);
    }

    /// <summary>A metric, with all its series. One without any is left out.</summary>
    public void Metric(Metric metric, PrometheusFamily family)
    {
        var begun = false;
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (!begun) Write(family.Header(format));
            begun = true;
            if (family.IsHistogram)
            {
                Histogram(point, family);
                continue;
            }

            Name(family, default);
            Labels(point, null);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Number(point.GetSumLong());
                    break;
                case MetricType.LongGauge:
                    Number(point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Number(point.GetSumDouble());
                    break;
                default:
                    Number(point.GetGaugeLastValueDouble());
                    break;
            }

            Write("\n"u8);
        }
    }

    public void End()
    {
        if (format == ScrapeFormat.OpenMetrics) Write("# EOF\n"u8);
    }

    private void Histogram(in MetricPoint point, PrometheusFamily family)
    {
        long sum = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            sum += bucket.BucketCount;
            Name(family, "_bucket"u8);
            Labels(point, Bound(bucket.ExplicitBound));
            Number(sum);
            Write("\n"u8);
        }

        Name(family, "_sum"u8);
        Labels(point, null);
        Number(point.GetHistogramSum());
        Write("\n"u8);
        Name(family, "_count"u8);
        Labels(point, null);
        // What the buckets say: a scraper refuses a histogram whose count is another.
        Number(sum);
        Write("\n"u8);
    }

    // OpenMetrics says how a bound is written: as a floating-point number even where it is whole, and with a small e.
    private string Bound(double bound)
    {
        if (double.IsPositiveInfinity(bound)) return "+Inf";
        var text = bound.ToString("R", CultureInfo.InvariantCulture);
        if (format == ScrapeFormat.Text) return text;
        return double.IsInteger(bound) && !text.Contains('E') ? text + ".0" : text.Replace('E', 'e');
    }

    private void Name(PrometheusFamily family, ReadOnlySpan<byte> suffix)
    {
        Write(family.Bytes);
        Write(suffix);
    }

    private void Labels(in MetricPoint point, string? bound)
    {
        var labels = 0;
        foreach (var (name, value) in point.Tags) Label(ref labels, name, value);
        if (bound is not null) Label(ref labels, "le", bound);
        Write(labels > 0 ? "} "u8 : " "u8);
    }

    private void Label(ref int labels, string name, object? value)
    {
        Write(labels++ == 0 ? "{"u8 : ","u8);
        Text(name.AsSpan().ContainsAnyExcept(Names) ? PrometheusFamily.Clean(name) : name);
        Write("=\""u8);
        var text = value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        Text(text.AsSpan().ContainsAny(Escaped) ? PrometheusFamily.Escape(text, quotes: true) : text);
        Write("\""u8);
    }

    private static readonly SearchValues<char> Names = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private void Number(long value)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(32), out var written);
        output.Advance(written);
    }

    private void Number(double value)
    {
        if (double.IsInfinity(value)) Write(value > 0 ? "+Inf"u8 : "-Inf"u8);
        else if (value.TryFormat(output.GetSpan(64), out var written, "R", CultureInfo.InvariantCulture)) output.Advance(written);
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, output);

    private void Write(ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
