using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about traces, and those about OTLP that every kind of telemetry has.</summary>
internal static class TraceSettings
{
    // Before the rows, which are made of it.
    private static SettingType<double> Ratio { get; } = new(
        "a number from 0 to 1, such as 0.01",
        (string text, out double value) =>
            double.TryParse(text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1,
        value => value.ToString("0.############", System.Globalization.CultureInfo.InvariantCulture));

    private static readonly SettingGroup<RelayTracesOptions> Traces = new("traces", s => s.Traces, (s, v) => s with { Traces = v });

    private static readonly SettingGroup<RelayOtlpOptions> Otlp = new(
        "traces.otlp", s => s.Traces.Otlp, (s, v) => s with { Traces = s.Traces with { Otlp = v } });

    public static ImmutableArray<Setting> All { get; } =
    [
        Traces.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "Make traces and send them to a collector."),
        Traces.Live.Value("sample_ratio", Ratio, o => o.SampleRatio, (o, v) => o with { SampleRatio = v },
            "Which part of the traces is kept, from 0 to 1. It decides once, where a trace begins or comes in; everything behind that follows."),
        Traces.Live.Value("trust_parent", Bool, o => o.TrustParent, (o, v) => o with { TrustParent = v },
            "Let the flag of a client's traceparent decide instead. Only where all clients are one's own: with it each of them can have every message traced."),
        .. OtlpRows(Otlp, "traces"),
    ];

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["traces.otlp.endpoint", "traces.enabled"], static (s, _) =>
            s.Traces.Enabled && s.Traces.Otlp.Endpoint.Length == 0 ? "must name a collector where traces.enabled is true" : null),
        .. OtlpChecks("traces.otlp", static s => s.Traces.Otlp),
    ];

    /// <summary>The rows about where telemetry of one kind is sent to.</summary>
    public static IEnumerable<Setting> OtlpRows(SettingGroup<RelayOtlpOptions> group, string what) =>
    [
        group.Value("endpoint", SettingForms.Url, o => o.Endpoint, (o, v) => o with { Endpoint = v },
            $"The collector: http://127.0.0.1:4317 for grpc, http://127.0.0.1:4318 for http, to which /v1/{what} is added. Empty: none."),
        group.Value("protocol", OneOf(("grpc", OtlpProtocol.Grpc), ("http", OtlpProtocol.Http)), o => o.Protocol, (o, v) => o with { Protocol = v },
            "grpc, or http for protobuf over HTTP."),
        group.Value("headers", SettingForms.Secret, o => o.Headers, (o, v) => o with { Headers = v },
            $"Sent with every request: name=value, separated by commas, values percent-encoded. Better given as RELAY_{what.ToUpperInvariant()}__OTLP__HEADERS than in a file."),
        group.Value("timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)), o => o.Timeout, (o, v) => o with { Timeout = v },
            "How long one request may take; what it carried is dropped then."),
    ];

    /// <summary>What has to hold of them.</summary>
    public static IEnumerable<SettingsCheck> OtlpChecks(string prefix, Func<RelaySettings, RelayOtlpOptions> get) =>
    [
        new([prefix + ".headers"], (s, _) => AreHeaders(get(s).Headers) ? null : "must be name=value, separated by commas"),
    ];

    private static bool AreHeaders(string text)
    {
        if (text.Length == 0) return true;
        foreach (var each in text.Split(','))
        {
            var (name, separator) = (each.Trim(), each.Trim().IndexOf('='));
            if (separator <= 0 || name[..separator].Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) || each.Any(char.IsControl)) return false;
        }

        return true;
    }
}
