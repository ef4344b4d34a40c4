using System.Collections.Immutable;
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
        Metrics.Value("export_interval", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), o => o.ExportInterval, (o, v) => o with { ExportInterval = v },
            "How often metrics.otlp.endpoint is sent them."),
        .. TraceSettings.OtlpRows(Otlp, "metrics"),
    ];

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["metrics.otlp.endpoint", "metrics.enabled"], static (s, _) =>
            s.Metrics.Otlp.Endpoint.Length > 0 && !s.Metrics.Enabled ? "is set, but metrics.enabled is false" : null),
        .. TraceSettings.OtlpChecks("metrics.otlp", static s => s.Metrics.Otlp),
    ];
}
