using System.Text;
using Google.Protobuf;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>A span that a collector was sent.</summary>
internal sealed record OtlpSpan(string Name, string Trace, string State, string Parent, IReadOnlyDictionary<string, string> Attributes);

/// <summary>What a collector was sent, as much of it decoded as tests look at: who told it, each metric's number of points, and the spans.</summary>
internal sealed record OtlpSending(string Signal, IReadOnlyDictionary<string, string> Resource, IReadOnlyDictionary<string, int> Metrics, IReadOnlyList<OtlpSpan> Spans, string? Authorization, byte[] Body)
{
    public const string OfMetrics = "metrics";
    public const string OfTraces = "traces";

    // Export…ServiceRequest.resource_… = 1; Resource….resource = 1, scope_… = 2; Scope….metrics and spans = 2.
    public static OtlpSending Read(string signal, byte[] message, string? authorization)
    {
        var parts = Fields(Fields(message).Single(static each => each.Field == 1).Bytes);
        var items = parts.Where(static part => part.Field == 2).SelectMany(static part => Fields(part.Bytes)).Where(static each => each.Field == 2).Select(static each => each.Bytes).ToList();
        return new(
            signal,
            Attributes(parts.Where(static part => part.Field == 1).SelectMany(static part => Fields(part.Bytes)).Where(static each => each.Field == 1)),
            signal == OfMetrics ? items.Select(Metric).ToDictionary() : [],
            signal == OfTraces ? [.. items.Select(Span)] : [],
            authorization,
            message);
    }

    // Span.trace_id = 1, trace_state = 3, parent_span_id = 4, name = 5, attributes = 9.
    private static OtlpSpan Span(byte[] span)
    {
        var fields = Fields(span).ToLookup(static each => each.Field, static each => each.Bytes);
        return new(Utf8(fields[5].Single()), Hex(fields[1]), Utf8(fields[3].SingleOrDefault() ?? []), Hex(fields[4]), Attributes(fields[9].Select(static bytes => (9, bytes))));
    }

    // Metric.name = 1, gauge = 5, sum = 7, histogram = 9; their data_points = 1.
    private static KeyValuePair<string, int> Metric(byte[] metric)
    {
        var fields = Fields(metric).ToLookup(static each => each.Field, static each => each.Bytes);
        return new(Utf8(fields[1].Single()), Fields(fields[5].Concat(fields[7]).Concat(fields[9]).Single()).Count(static each => each.Field == 1));
    }

    // KeyValue.key = 1, value = 2; AnyValue.string_value = 1. Those that are no text are left out.
    private static Dictionary<string, string> Attributes(IEnumerable<(int Field, byte[] Bytes)> attributes) =>
        (from attribute in attributes
         let fields = Fields(attribute.Bytes).ToDictionary(static each => each.Field, static each => each.Bytes)
         from text in Fields(fields[2])
         where text.Field == 1
         select KeyValuePair.Create(Utf8(fields[1]), Utf8(text.Bytes))).ToDictionary();

    // The fields with a length, which are all that is looked at.
    private static List<(int Field, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) fields.Add((WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray()));
            else input.SkipLastField();
        }

        return fields;
    }

    private static string Hex(IEnumerable<byte[]> id) => Convert.ToHexStringLower(id.SingleOrDefault() ?? []);

    private static string Utf8(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
