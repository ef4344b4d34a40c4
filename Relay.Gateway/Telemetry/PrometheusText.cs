using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// Writes a meter's observable instruments in Prometheus' text exposition format 0.0.4. A counter or histogram that is
/// pushed to has no value that could be read when somebody asks, so those are not written.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(Meter meter)
    {
        var families = new Families();
        // A listener for each scrape: nothing is shared, so scrapes at the same time need no lock.
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter) && instrument.IsObservable)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            families.Add(instrument, tags, value.ToString(CultureInfo.InvariantCulture)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            families.Add(instrument, tags, Number(value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return families.ToString();
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The samples, those of one name together: the format allows a name's HELP and TYPE once.</summary>
    private sealed class Families
    {
        private readonly SortedDictionary<string, StringBuilder> _byName = new(StringComparer.Ordinal);

        public void Add(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags, string value)
        {
            var isCounter = IsCounter(instrument);
            var name = isCounter && !instrument.Name.EndsWith("_total", StringComparison.Ordinal) ? instrument.Name + "_total" : instrument.Name;
            if (!_byName.TryGetValue(name, out var text))
            {
                text = new StringBuilder();
                _byName.Add(name, text);
                text.Append("# HELP ").Append(name).Append(' ').Append(Escape(instrument.Description ?? "", quotes: false)).Append('\n');
                text.Append("# TYPE ").Append(name).Append(isCounter ? " counter\n" : " gauge\n");
            }

            text.Append(name);
            var before = '{';
            foreach (var (label, content) in tags)
            {
                var shown = Convert.ToString(content, CultureInfo.InvariantCulture) ?? "";
                text.Append(before).Append(label).Append("=\"").Append(Escape(shown, quotes: true)).Append('"');
                before = ',';
            }

            text.Append(tags.IsEmpty ? " " : "} ").Append(value).Append('\n');
        }

        public override string ToString() => string.Concat(_byName.Values);

        private static bool IsCounter(Instrument instrument) =>
            instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ObservableCounter<>);

        private static string Escape(string text, bool quotes)
        {
            var escaped = text.Replace("\\", "\\\\").Replace("\n", "\\n");
            return quotes ? escaped.Replace("\"", "\\\"") : escaped;
        }
    }
}
