using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about nodes, and the rules over them.</summary>
internal static class NodeSettings
{
    private const int MiB = 1024 * 1024;

    private static readonly SettingType<TimeSpan> Wait = Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(24));

    private static readonly SettingGroup<RelayNodesOptions> Nodes = new("nodes", s => s.Nodes, (s, v) => s with { Nodes = v });

    public static ImmutableArray<Setting> All { get; } =
    [
        Nodes.PerTenant.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The address /nodes for nodes, and those under /v1/ for their callers."),
        Nodes.PerTenant.Value("max_body_bytes", Bytes(1024, 1024 * MiB), o => o.MaxBodyBytes, (o, v) => o with { MaxBodyBytes = v },
            "A longer request is answered 413."),
        Nodes.Value("max_waiting_bytes", Bytes(1024, 1024 * MiB), o => o.MaxWaitingBytes, (o, v) => o with { MaxWaitingBytes = v },
            "Requests of all callers together that wait for a node or are being answered; beyond it they are answered 503, and beyond three quarters of it those of one tenant. At least nodes.max_body_bytes."),
        Nodes.PerTenant.Value("first_byte_timeout", Wait, o => o.FirstByteTimeout, (o, v) => o with { FirstByteTimeout = v },
            "A node that has a request and sends nothing of the answer for this long has failed at it: 504. A request keeps what it came with."),
        Nodes.PerTenant.Value("idle_timeout", Wait, o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v },
            "An answer of which nothing more comes for this long ends with an error; a caller or a node that takes nothing for this long is let go. There is no limit on the whole. A request or a node keeps what it came with."),
        Nodes.PerTenant.Value("queue_time", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)), o => o.QueueTime, (o, v) => o with { QueueTime = v },
            "How long a request waits for a node that has room before it is answered 503. A model stays known for as long after its last node has left. A change counts at once."),
        Nodes.PerTenant.Value("queue_length", Int(0, 100_000), o => o.QueueLength, (o, v) => o with { QueueLength = v },
            "Requests that may wait for one model of a tenant; callers take turns in it, and who has the most gives way when it is full. A change counts from the next request on."),
        Nodes.PerTenant.Value("max_nodes", Int(1, 100_000), o => o.MaxNodes, (o, v) => o with { MaxNodes = v },
            "Nodes of one tenant; a new one beyond it gets too_many_nodes. A change counts from the next node on."),
        Nodes.PerTenant.Value("resume_window", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)), o => o.ResumeWindow, (o, v) => o with { ResumeWindow = v },
            "How long a stream with an X-Relay-Stream-Id goes on, and is kept, while nobody reads it. A stream keeps what it came with."),
        Nodes.PerTenant.Value("replay_bytes", Bytes(1024, 1024 * MiB), o => o.ReplayBytes, (o, v) => o with { ReplayBytes = v },
            "What is kept of one such stream for a reader that comes back. A stream keeps what it came with."),
        Nodes.PerTenant.Value("tenant_replay_bytes", Bytes(1024, 1024 * MiB), o => o.TenantReplayBytes, (o, v) => o with { TenantReplayBytes = v },
            "What is kept of all such streams of a tenant together; a stream that finds no room cannot be resumed. A change counts from the next stream on."),
        Nodes.PerTenant.Value("max_streams", Int(1, 1_000_000), o => o.MaxStreams, (o, v) => o with { MaxStreams = v },
            "Such streams of one tenant; a new one beyond it is answered 429."),
    ];

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["nodes.max_waiting_bytes", "nodes.max_body_bytes"], (s, _) =>
            s.Nodes.MaxWaitingBytes < s.Nodes.MaxBodyBytes
                ? $"must be at least nodes.max_body_bytes ({s.Nodes.MaxBodyBytes}), not {s.Nodes.MaxWaitingBytes}: a request has to fit"
                : null),
    ];
}
