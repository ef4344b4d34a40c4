using System.Collections.Immutable;
using Relay.Gateway.Storage.Postgres;

namespace Relay.Gateway.Hosting;

/// <summary>A rule over several settings. The first key is the one to report; all are the ones that it looks at.</summary>
internal sealed record SettingsCheck(ImmutableArray<string> Keys, Func<RelaySettings, Func<string, bool>, string?> Fault);

internal static class SettingsChecks
{
    public static ImmutableArray<SettingsCheck> All { get; } =
    [
        new(["hub.outbox_bytes", "hub.max_message_bytes"], (s, _) =>
            s.Hub.OutboxBytes < s.Hub.MaxMessageBytes
                ? $"must be at least hub.max_message_bytes ({s.Hub.MaxMessageBytes}), not {s.Hub.OutboxBytes}: an answer has to fit"
                : null),
        new(["metrics.port", "metrics.host", "metrics.enabled", "server.port", "server.host"], (s, _) =>
            s.Metrics.Enabled && s.Metrics.Port != 0 && s.Metrics.Port == s.Server.Port && Overlap(s.Metrics.Host, s.Server.Host)
                ? $"{s.Metrics.Port} is server.port as well"
                : null),
        new(["plugins.directory"], (s, directoryExists) =>
            s.Plugins.Directory != RelayPluginsOptions.DefaultDirectory && !directoryExists(s.Plugins.Directory)
                ? $"there is no folder {Readable.Quote(s.Plugins.Directory)}"
                : null),
        new(["storage.postgres.connection_string"], (s, _) =>
            s.Storage.Postgres.ConnectionString is { Length: > 0 } given && PostgresStoreOptions.TryRead(given, out var fault) is null ? fault : null),
        new(["storage.postgres.connection_string", "storage.sqlite.path"], (s, _) =>
            s.Storage.Postgres.ConnectionString.Length > 0 && s.Storage.Sqlite.Path != RelaySqliteOptions.DefaultPath
                ? "storage.sqlite.path is set as well: a relay has one store"
                : null),
        new(["logging.output"], (s, directoryExists) =>
            s.Logging.ToFile && Path.GetDirectoryName(s.Logging.Output) is { Length: > 0 } folder && !directoryExists(folder)
                ? $"there is no folder {Readable.Quote(folder)}"
                : null),
        new(["logging.output"], (s, directoryExists) =>
            s.Logging.ToFile && directoryExists(s.Logging.Output) ? "is a folder, not a file" : null),
        .. MetricSettings.Checks,
        .. TraceSettings.Checks,
        .. AuthSettings.Checks,
        .. RoomSettings.Checks,
        .. NodeSettings.Checks,
        .. WebhookSettings.Checks,
        .. ClusterSettings.Checks,
    ];

    private static bool Overlap(string one, string other) => one == other || IsAny(one) || IsAny(other)
        || (SettingForms.IsLoopback(one) && SettingForms.IsLoopback(other) && (one == SettingForms.Localhost || other == SettingForms.Localhost));

    private static bool IsAny(string host) => host is SettingForms.AnyHost or "0.0.0.0" or "::" or "[::]";
}
