using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>
/// Every setting of this version, once: its key, how it is written, its bounds and what it means. The file, the
/// environment, the options and docs/relay.yaml all follow this table; defaults are the records' initial values.
/// </summary>
internal static partial class SettingsMap
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;
    private const int GiB = 1024 * MiB;

    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    private static readonly SettingGroup<RelayServerOptions> Server = new("server", s => s.Server, (s, v) => s with { Server = v });
    private static readonly SettingGroup<RelayTlsOptions> Tls = new("server.tls", s => s.Server.Tls, (s, v) => s with { Server = s.Server with { Tls = v } });
    private static readonly SettingGroup<RelayLoggingOptions> Logging = new("logging", s => s.Logging, (s, v) => s with { Logging = v });
    private static readonly SettingGroup<RelayHubOptions> Hub = new("hub", s => s.Hub, (s, v) => s with { Hub = v });
    private static readonly SettingGroup<RelayPluginsOptions> Plugins = new("plugins", s => s.Plugins, (s, v) => s with { Plugins = v });

    private static readonly SettingGroup<RelaySessionOptions> Session = new(
        "plugins.session", s => s.Plugins.Session, (s, v) => s with { Plugins = s.Plugins with { Session = v } });

    private static readonly SettingGroup<RelayAiOptions> Ai = new(
        "plugins.ai", s => s.Plugins.Ai, (s, v) => s with { Plugins = s.Plugins with { Ai = v } });

    private static readonly SettingGroup<RelayAiUpstreamOptions> Upstream = new(
        "plugins.ai.upstream",
        s => s.Plugins.Ai.Upstream,
        (s, v) => s with { Plugins = s.Plugins with { Ai = s.Plugins.Ai with { Upstream = v } } });

    private static readonly SettingGroup<RelayEchoOptions> Echo = new(
        "plugins.echo", s => s.Plugins.Echo, (s, v) => s with { Plugins = s.Plugins with { Echo = v } });

    private static readonly SettingGroup<RelaySqliteOptions> Sqlite = new(
        "storage.sqlite", s => s.Storage.Sqlite, (s, v) => s with { Storage = s.Storage with { Sqlite = v } });

    private static readonly SettingGroup<RelayPostgresOptions> Postgres = new(
        "storage.postgres", s => s.Storage.Postgres, (s, v) => s with { Storage = s.Storage with { Postgres = v } });

    public static ImmutableArray<Setting> All { get; } =
    [
        Server.Value("host", SettingForms.Host, o => o.Host, (o, v) => o with { Host = v },
            "Where to listen: an IP address, localhost, or * for every address."),
        Server.Value("port", Int(0, 65535), o => o.Port, (o, v) => o with { Port = v },
            "0 takes any free port; the relay prints which."),
        Tls.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "Speak TLS: https and wss in place of http and ws."),
        Tls.Value("cert_file", SettingForms.Path, o => o.CertFile, (o, v) => o with { CertFile = v },
            "The certificate and those that lead to its root, as PEM. The files are loaded anew when they change."),
        Tls.Value("key_file", SettingForms.Path, o => o.KeyFile, (o, v) => o with { KeyFile = v },
            "The certificate's key, as PEM without a password."),
        Server.Value("drain_timeout", Duration(Instant, Hour), o => o.DrainTimeout, (o, v) => o with { DrainTimeout = v },
            "How long a stop may take: clients are told in slots over half of it, messages under way are answered."),
        Server.PerTenant.List("allowed_origins", SettingForms.Origin, o => o.AllowedOrigins, (o, v) => o with { AllowedOrigins = v },
            "Web origins that may connect beside the relay's own, such as https://app.example.com; * for any. A relay on loopback answers to their host names too."),
        Server.Value("ping_interval", Duration(Instant, Hour), o => o.PingInterval, (o, v) => o with { PingInterval = v },
            "A connection from which nothing came for this long is sent a ping."),
        Server.Value("ping_timeout", Duration(Instant, Hour), o => o.PingTimeout, (o, v) => o with { PingTimeout = v },
            "A connection that sends nothing for this long after a ping is dead."),

        .. MetricSettings.All,

        Logging.Value("level", SettingForms.Level, o => o.Level, (o, v) => o with { Level = v },
            "trace, debug, info, warn, error or none. The framework's own lines come at warn, or at debug and below."),
        Logging.Value("output", SettingForms.LogOutput, o => o.Output, (o, v) => o with { Output = v },
            "stderr, stdout, or the path of a file to append to (with a / or a dot in it)."),
        Logging.Value("format", OneOf(("text", LogFormat.Text), ("json", LogFormat.Json)), o => o.Format, (o, v) => o with { Format = v },
            "text or json, one line each."),

        .. TraceSettings.All,
        .. AuthSettings.All,

        Hub.PerTenant.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The address /ws for WebSockets."),
        Hub.PerTenant.Value("max_connections_per_user", Int(1, 100_000), o => o.MaxConnectionsPerUser, (o, v) => o with { MaxConnectionsPerUser = v },
            "Connections beyond it are closed with max_connections_reached."),
        Hub.PerTenant.Value("queue_multiplier", Int(1, 1_000_000), o => o.QueueMultiplier, (o, v) => o with { QueueMultiplier = v },
            "Messages of one connection that may be under way; beyond it the relay stops reading from that connection. A connection keeps what it came with."),
        Hub.PerTenant.Value("queue_bytes", Bytes(1, GiB), o => o.QueueBytes, (o, v) => o with { QueueBytes = v },
            "The same in bytes; one message always fits. A connection keeps what it came with."),
        Hub.Value("close_timeout", Duration(Instant, Minute), o => o.CloseTimeout, (o, v) => o with { CloseTimeout = v },
            "How long a closing connection may take before it is cut."),
        Hub.Value("user_hub_inactivity_timeout", Duration(Second, Month), o => o.UserHubInactivityTimeout, (o, v) => o with { UserHubInactivityTimeout = v },
            "A user's hub without connections is collected after this long."),
        Hub.Value("cancel_timeout", Duration(Instant, Hour), o => o.CancelTimeout, (o, v) => o with { CancelTimeout = v },
            "How long a collected hub's plugins may take to stop."),
        Hub.PerTenant.Value("max_message_bytes", Bytes(128, 64 * MiB), o => o.MaxMessageBytes, (o, v) => o with { MaxMessageBytes = v },
            "A longer message closes its connection with message_too_big. A connection keeps what it came with."),
        Hub.PerTenant.Value("outbox_bytes", Bytes(KiB, GiB), o => o.OutboxBytes, (o, v) => o with { OutboxBytes = v },
            "What may wait for a client that reads slowly, each message with 64 bytes more; pushes beyond it close the connection with slow_consumer. A connection keeps what it came with."),
        Hub.PerTenant.Value("max_messages_per_second", Int(0, 100_000_000), o => o.MaxMessagesPerSecond, (o, v) => o with { MaxMessagesPerSecond = v },
            "Messages of one user; those beyond it are answered rate_limited, and who goes on is closed. 0: no limit."),
        Hub.Value("max_groups_per_user", Int(1, 100_000), o => o.MaxGroupsPerUser, (o, v) => o with { MaxGroupsPerUser = v },
            "Groups that a user may be in; a back end that makes it a member of another one is answered too_many_groups, and a plugin's wish is not followed."),
        Hub.PerTenant.Value("max_user_hubs", Int(1, 100_000_000), o => o.MaxUserHubs, (o, v) => o with { MaxUserHubs = v },
            "Hubs of one tenant; a new user beyond it gets hub_creation_failed."),

        Plugins.Value("directory", SettingForms.Path, o => o.Directory, (o, v) => o with { Directory = v },
            "A folder for each plugin that is loaded at start. The default may be missing, any other may not."),
        Plugins.PerTenant.List("allow", SettingForms.Plugin, o => o.Allow, (o, v) => o with { Allow = v },
            "The plugins that users have, by their prefixes without the _ at the end; * for all. One that is taken away while the relay runs gets no more messages."),
        Plugins.PerTenant.Value("handler_timeout", Duration(Instant, Hour), o => o.HandlerTimeout, (o, v) => o with { HandlerTimeout = v },
            "A handler that takes longer has crashed. A plugin of a user keeps what it began with."),
        Plugins.PerTenant.Value("detached_idle_timeout", Duration(Instant, Day), o => o.DetachedIdleTimeout, (o, v) => o with { DetachedIdleTimeout = v },
            "A detached request that sends nothing for this long has failed. A plugin of a user keeps what it began with."),
        Plugins.PerTenant.Value("max_open_requests", Int(1, 100_000), o => o.MaxOpenRequests, (o, v) => o with { MaxOpenRequests = v },
            "Detached requests of one user in one plugin. A change counts from the next request on."),
        Plugins.PerTenant.Value("max_abandoned", Int(1, 10_000), o => o.MaxAbandoned, (o, v) => o with { MaxAbandoned = v },
            "Handlers of one plugin and tenant that were given up and still run; counted for each process. A change counts at once."),
        Plugins.Value("restart_window", OptionalDuration(Second, Month), o => o.RestartWindow, (o, v) => o with { RestartWindow = v },
            "A crash is forgiven after this long. Empty: never."),

        Session.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The session_ plugin: durable state by session_id."),
        Session.Value("max_state_bytes", Bytes(1, 64 * MiB), o => o.MaxStateBytes, (o, v) => o with { MaxStateBytes = v },
            "The longest state of one session."),
        Session.Value("max_sessions", Int(1, 1_000_000), o => o.MaxSessions, (o, v) => o with { MaxSessions = v },
            "Sessions of one user."),

        Ai.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The ai_ plugin: chats with a model."),
        Ai.Value("idle_timeout", Duration(Instant, Hour), o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v },
            "A chat whose model sends nothing for this long has failed."),
        Ai.Value("resume_window", Duration(Instant, Hour), o => o.ResumeWindow, (o, v) => o with { ResumeWindow = v },
            "How long a chat with a stream_id goes on, and is kept, while no connection reads it."),
        Ai.Value("resume_bytes", Bytes(KiB, 64 * MiB), o => o.ResumeBytes, (o, v) => o with { ResumeBytes = v },
            "What is kept of such a chat for a connection that comes back, each part with 64 bytes more. A user has at most 16 of them."),
        Ai.Value("tenant_resume_bytes", Bytes(KiB, 1024 * MiB), o => o.TenantResumeBytes, (o, v) => o with { TenantResumeBytes = v },
            "What is kept of all such chats of a tenant in one process; beyond it of each only what a connection is still reading, and its newest part."),
        Upstream.Value("base_url", SettingForms.Url, o => o.BaseUrl, (o, v) => o with { BaseUrl = v },
            "An OpenAI-compatible API, such as http://127.0.0.1:11434/v1. It is asked for models that no node serves. Empty: none, and such chats get ai_no_upstream."),
        Upstream.Value("api_key", SettingForms.Secret, o => o.ApiKey, (o, v) => o with { ApiKey = v },
            "Sent to the upstream; better given as RELAY_PLUGINS__AI__UPSTREAM__API_KEY than in a file."),
        Upstream.Value("model", Text, o => o.Model, (o, v) => o with { Model = v },
            "The model of a chat that names none."),

        Echo.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The echo_ plugin: answers what it is sent; for measuring."),

        Sqlite.Value("path", SettingForms.Path, o => o.Path, (o, v) => o with { Path = v },
            "The database file; its folder is made when it is missing."),
        Postgres.Value("connection_string", SettingForms.Secret, o => o.ConnectionString, (o, v) => o with { ConnectionString = v },
            "Use PostgreSQL instead: Host=db.example.com;Username=relay;Password=…;Database=relay. Better given as RELAY_STORAGE__POSTGRES__CONNECTION_STRING than in a file."),
        Postgres.Value("connections", Int(1, 64), o => o.Connections, (o, v) => o with { Connections = v },
            "Connections of this process to the database."),
        Postgres.Value("timeout", Duration(Second, Minute), o => o.Timeout, (o, v) => o with { Timeout = v },
            "How long the database may take, and how long an operation may wait for it; rounded up to seconds."),

        .. RoomSettings.All,
        .. PeerSettings.All,
        .. NodeSettings.All,
        .. TunnelSettings.All,
        .. LimitSettings.All,
        .. ApiSettings.All,
        .. WebhookSettings.All,
        .. ClusterSettings.All,

        new TenantSetting(),
        new TenantAllowSetting(),
        new TenantOverrideSetting(),
        new PluginSetting(),
    ];

    /// <summary>Those that may differ by tenant.</summary>
    public static ImmutableArray<Setting> PerTenant { get; } = [.. All.Where(static each => each.IsPerTenant)];
}
