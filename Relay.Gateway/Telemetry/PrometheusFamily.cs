using System.Text;
using OpenTelemetry.Metrics;

namespace Relay.Gateway.Telemetry;

/// <summary>A metric under its name in Prometheus, with what stands above its samples.</summary>
internal sealed class PrometheusFamily
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["By"] = "bytes",
        ["%"] = "percent",
        ["1"] = "ratio",
    };

    private readonly byte[] _textHeader;
    private readonly byte[] _openHeader;

    public PrometheusFamily(Metric metric)
    {
        IsCounter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        IsHistogram = metric.MetricType == MetricType.Histogram;
        var type = IsCounter ? "counter" : IsHistogram ? "histogram" : "gauge";
        var (stem, unit) = (Clean(metric.Name), Units.GetValueOrDefault(metric.Unit ?? "", ""));
        if (IsCounter && stem.EndsWith("_total", StringComparison.Ordinal)) stem = stem[..^"_total".Length];
        if (unit.Length > 0 && !stem.EndsWith('_' + unit, StringComparison.Ordinal)) stem += '_' + unit;
        Name = IsCounter ? stem + "_total" : stem;
        Bytes = Encoding.UTF8.GetBytes(Name);
        var help = metric.Description is { Length: > 0 } given ? given : Name;
        _textHeader = Encoding.UTF8.GetBytes($"# HELP {Name} {Escape(help, quotes: false)}\n# TYPE {Name} {type}\n");
        _openHeader = Encoding.UTF8.GetBytes($"# TYPE {stem} {type}\n{(unit.Length > 0 ? $"# UNIT {stem} {unit}\n" : "")}# HELP {stem} {Escape(help, quotes: true)}\n");
    }

    /// <summary>The name of its samples, those of a histogram without what follows it.</summary>
    public string Name { get; }

    public byte[] Bytes { get; }

    public bool IsCounter { get; }

    public bool IsHistogram { get; }

    public byte[] Header(ScrapeFormat format) => format == ScrapeFormat.OpenMetrics ? _openHeader : _textHeader;

    /// <summary>Any text as the value of a label, or as help.</summary>
    public static string Escape(string text, bool quotes)
    {
        if (!text.AsSpan().ContainsAny('\\', '\n', '"')) return text;
        var escaped = text.Replace("\\", "\\\\").Replace("\n", "\\n");
        return quotes ? escaped.Replace("\"", "\\\"") : escaped;
    }

    /// <summary>A name of OpenTelemetry's with what Prometheus allows in one.</summary>
    public static string Clean(string name)
    {
        var clean = string.Create(name.Length, name, static (span, name) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] == ':' ? name[i] : '_';
        });
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? '_' + clean : clean;
    }
}
