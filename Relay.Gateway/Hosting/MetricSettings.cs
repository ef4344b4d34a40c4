using System.Collections.Immutable;
using OpenTelemetry.Exporter;
using Relay.Gateway.Telemetry;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about metrics, and the rules over them.</summary>
internal static class MetricSettings
{
    private static readonly SettingGroup<RelayMetricsOptions> Metrics = new("metrics", s => s.Metrics, (s, v) => s with { Metrics = v });

    private static readonly SettingGroup<RelayOtlpOptions> Otlp = new("metrics.otlp", s => s.Metrics.Otlp, (s, v) => s with { Metrics = s.Metrics with { Otlp = v } });

    public static ImmutableArray<Setting> All { get; } =
    [
        Metrics.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "Measure, and serve /metrics. Without it nothing is timed, and nothing is sent to metrics.otlp.endpoint."),
        Metrics.Value("host", SettingForms.Host, o => o.Host, (o, v) => o with { Host = v },
            "Where /metrics listens: an IP address, localhost, or * for every address."),
        Metrics.Value("port", Int(0, 65535), o => o.Port, (o, v) => o with { Port = v },
            "0 takes any free port; the relay prints which."),
        Metrics.Value("max_tenants", Int(0, 10_000), o => o.MaxTenants, (o, v) => o with { MaxTenants = v },
            "Tenants that have metrics of their own, the first that are seen; all others together are other."),
        Otlp.Value("endpoint", SettingForms.Url, o => o.Endpoint, (o, v) => o with { Endpoint = v },
            "A collector that is sent the metrics by OTLP, such as http://127.0.0.1:4317. Empty: nobody."),
        Otlp.Value("protocol", OneOf(("grpc", OtlpExportProtocol.Grpc), ("http/protobuf", OtlpExportProtocol.HttpProtobuf)), o => o.Protocol, (o, v) => o with { Protocol = v },
            "grpc, or http/protobuf; without a path in the endpoint that goes to /v1/metrics."),
        Otlp.Value("interval", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), o => o.Interval, (o, v) => o with { Interval = v },
            "How often."),
        Otlp.Value("timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5)), o => o.Timeout, (o, v) => o with { Timeout = v },
            "How long the collector may take; what it did not take by then is told with the next sending, since counts only grow."),
        Otlp.Value("headers", SettingForms.Secret, o => o.Headers, (o, v) => o with { Headers = v },
            "What each sending carries beside, as name=value with commas between; better given as RELAY_METRICS__OTLP__HEADERS than in a file."),
    ];

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["metrics.otlp.endpoint", "metrics.enabled"], static (s, _) =>
            s.Metrics.Otlp.Endpoint.Length > 0 && !s.Metrics.Enabled ? "is set, but metrics.enabled is false" : null),
        new(["metrics.otlp.headers"], static (s, _) =>
            OtlpEndpoint.AreHeaders(s.Metrics.Otlp.Headers) ? null : "are not name=value with commas between"),
    ];
}
