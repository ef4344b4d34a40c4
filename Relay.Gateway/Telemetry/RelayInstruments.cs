using System.Globalization;
using System.Text.Json;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Core.Tunnel;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Telemetry;

/// <summary>Every instrument of the relay, once: its name, what it is, its labels, what it means and where its value is read. docs/metrics.md is checked against this table.</summary>
internal static class RelayInstruments
{
    // Plugins are those that were installed: this many have series, and what is beyond shares one.
    private const int MostPlugins = 100;

    // Work that the relay itself does.
    private static readonly double[] Fast = [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    // What waits for a disk or another machine.
    private static readonly double[] Slow = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    // What waits for a model.
    private static readonly double[] Long = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

    /// <summary>The table.</summary>
    public static IReadOnlyList<InstrumentRow> All { get; } =
    [
        Gauges("relay_build_info", "The relay's version; always 1.", "version", [(RelayVersion.Text, static _ => 1)]),

        // Connections.
        Gauge("relay_connections", "Connections that are open.", static s => Open(s.Gateway)),
        Counter("relay_connections_opened_total", "Connections that were upgraded.", static s => s.Gateway.Opened),
        Counters("relay_connections_closed_total", "Connections that ended, by reason; docs/protocol.md says what each means.", "reason", Each<CloseReason>(static reason => ErrorCatalogue.Of(reason).Name, static (s, reason) => s.Gateway.Closed(reason))),
        new PairedRow("relay_handshakes_refused_total", InstrumentKind.Counter, "Requests for a WebSocket that got an HTTP status instead, by reason and by what it would have been for.", "reason", "use", [.. Pairs<HandshakeRefusal, SocketUse>(static (s, why, use) => s.Gateway.HandshakesRefused(use, why))]),
        Counters("relay_credentials_refused_total", "Requests that were refused for what they showed of who they are, by reason.", "reason", [.. Each<AuthFault>(Snake, static (s, fault) => s.Gateway.CredentialsRefused(fault)).Skip(1)]),
        Counter("relay_messages_received_total", "Messages from clients.", static s => s.Gateway.MessagesReceived),
        Counter("relay_bytes_received_total", "Payload bytes of messages from clients.", static s => s.Gateway.BytesReceived),
        Counter("relay_messages_sent_total", "Messages to clients.", static s => s.Gateway.MessagesSent),
        Counter("relay_bytes_sent_total", "Payload bytes of messages to clients; those of rooms with their frames' headers.", static s => s.Gateway.BytesSent),
        Counter("relay_outbox_overflows_total", "Pushes that found a connection's outbox full.", static s => s.Gateway.PushesOverflowed),
        Counter("relay_reading_pauses_total", "Times that a connection had no credit left and its data was not taken until some came back.", static s => s.Gateway.ReadingPauses),
        Counter("relay_pings_sent_total", "Pings to connections from which nothing came.", static s => s.Gateway.Pings),
        Counter("relay_peer_messages_ignored_total", "Messages to /introduction that could not be read.", static s => s.Gateway.PeerMessagesIgnored),
        Counter("relay_introductions_merged_total", "Introductions that took the place of an earlier one of the same peer, because the connection did not read.", static s => s.Gateway.IntroductionsMerged),
        Counter("relay_dead_peers_total", "Connections given up because nothing came after a ping.", static s => s.Gateway.DeadPeers),

        Counted(Gauges("relay_use_connections", "Connections that are open, by what they are for.", "use", [.. ConnectionCensus.Jobs.Select(static (job, index) => (job, (Func<MetricSources, long>)(s => (index == 0 ? s.Connections!.Take() : s.Connections!.Last).Of(index))))])),
        Counted(Gauge("relay_outbox_bytes", "Bytes that wait for clients, of all connections.", static s => s.Connections!.Last.OutboxBytes)),
        Counted(Gauge("relay_outbox_largest_bytes", "The most that waits for one client.", static s => s.Connections!.Last.LargestOutbox)),
        Counted(Gauge("relay_reading_paused_connections", "Connections whose data is not taken now, for want of credit or because of a rate.", static s => s.Connections!.Last.Paused)),
        new PairedRow("relay_errors_total", InstrumentKind.Counter, "Errors that clients were told, by code and by what they wanted: in frames of hubs, with the close of other sockets, in answers of /v1 (call) and /api/v1 (api); docs/protocol.md says what each means.", "code", "use", [.. ToldErrors.Series]),
        new DurationRow("relay_join_seconds", "From a request for a WebSocket to its welcome, by what it is for.", "use", ConnectionCensus.Jobs.Length, Slow, static s => s.Gateway.Joins),

        // Hubs and plugins.
        Counter("relay_hub_joins_total", "Connections that a hub welcomed.", static s => s.Runtime.Joins),
        Counter("relay_hub_joins_refused_total", "Connections that a hub refused, or that got no hub.", static s => s.Runtime.RejectedJoins),
        Counter("relay_hubs_collected_total", "Hubs that ended because nobody used them.", static s => s.Runtime.CollectedHubs),
        Counter("relay_turn_faults_total", "Turns of a hub that threw: each is a bug of the relay.", static s => s.Runtime.TurnFaults),
        Plugins("relay_plugin_crashes_total", "Crashes of plugin instances, by plugin.", static plugin => plugin.Crashes),
        Plugins("relay_plugin_time_limits_total", "Crashes because a handler took longer than its time limit, by plugin.", static plugin => plugin.TimeLimits),
        Plugins("relay_plugin_restarts_total", "Instances that took the place of one that had crashed, by plugin.", static plugin => plugin.Restarts),
        Plugins("relay_plugins_failed_total", "Times that a plugin was marked failed for a user, by plugin.", static plugin => plugin.Failed),
        Counter("relay_plugin_late_terminals_total", "Answers dropped because the request had one, or the instance was replaced.", static s => s.Runtime.LateTerminals),
        Plugins("relay_plugin_runs_refused_total", "Messages not handled because too many abandoned handlers still ran, by plugin.", static plugin => plugin.RefusedRuns),
        Counter("relay_plugin_inline_revoked_total", "Plugins that lost the right to run on the receiving thread.", static s => s.Runtime.RevokedInline),
        Counter("relay_inbox_dropped_messages_total", "Messages of closed connections that were dropped from a full inbox.", static s => s.Runtime.DroppedMessages),
        Plugins("relay_plugin_abandoned_handlers", "Handlers that were given up and still run, by plugin.", static plugin => plugin.Abandoned) with { Kind = InstrumentKind.Gauge },
        Gauge("relay_plugin_blocked_threads", "Threads that plugin code blocks now.", static s => s.Runtime.BlockedThreads),

        Gauge("relay_inbox_messages", "Messages that wait for plugins.", static s => s.Runtime.WaitingMessages),
        new DurationRow("relay_dispatch_seconds", "From the socket to the plugin's handler. Of messages that came in one read the first is timed.", null, 1, Fast, static s => s.Runtime.Dispatches),
        new DurationRow("relay_plugin_seconds", "How long the handlers of those messages took, by plugin.", "plugin", MostPlugins, Fast, static s => s.Runtime.Handlers),

        // Rooms.
        Gauge("relay_rooms", "Rooms that have members at this process, or keep messages in it.", static s => s.Rooms.Rooms),
        Gauge("relay_room_members", "Connections that are members of a room.", Members),
        Counter("relay_room_joins_total", "Connections that became members of a room.", static s => s.Rooms.Joins),
        Counter("relay_room_joins_refused_total", "Connections that found no room.", static s => s.Rooms.Refused),
        Counter("relay_room_messages_total", "Messages to rooms, each once.", static s => s.Rooms.Messages),
        Counter("relay_room_deliveries_total", "Messages of rooms given to members' connections.", static s => s.Rooms.Deliveries),
        Counters("relay_room_recoveries_total", "Members that came back and asked for what they had missed, by whether it was kept.", "recovered", [("true", static s => s.Rooms.Recovered), ("false", static s => s.Rooms.NotRecovered)]),
        Counter("relay_room_lost_total", "Gaps in what rooms told this gateway, each once whatever was missed, and members' messages that a room may not have taken.", static s => s.Rooms.Lost),
        Counter("relay_room_turn_faults_total", "Turns of a room that threw: each is a bug of the relay.", static s => s.Rooms.TurnFaults),

        // The names of the broadcast relay whose dashboards are in use.
        Gauge("websocket_connected_clients", "As relay_room_members.", Members),
        Counter("websocket_messages_total", "As relay_room_messages_total.", static s => s.Rooms.Messages),
        Counter("websocket_connections_total", "As relay_room_joins_total.", static s => s.Rooms.Joins),
        Counter("websocket_disconnections_total", "Members that have left.", static s => s.Rooms.Leaves),

        // Nodes.
        Gauge("relay_nodes", "Nodes that are connected.", static s => s.Nodes.Nodes),
        Gauge("relay_node_requests_in_flight", "Requests that nodes have.", static s => s.Nodes.InFlight),
        Gauge("relay_node_queue_depth", "Requests that wait for a node that has room.", static s => s.Nodes.Waiting),
        Counter("relay_node_requests_started_total", "Requests that were given to a node, each time.", static s => s.Nodes.Started),
        new SecondsRow("relay_node_queue_wait_seconds_total", InstrumentKind.Counter, "How long those had waited for it, together.", static s => s.Nodes.Waited),
        Counter("relay_node_retries_total", "Requests that were to be given to another node because one had failed.", static s => s.Calls.Retries),
        Counters("relay_node_calls_total", "Requests of callers, by how they ended.", "outcome", Each<CallOutcome>(Snake, static (s, outcome) => s.Calls.Of(outcome))),
        new DurationRow("relay_node_first_byte_seconds", "From a call to the first byte of its answer.", null, 1, Long, static s => s.Calls.FirstBytes),
        new DurationRow("relay_node_call_seconds", "From a call to its end, by how it ended.", "outcome", Enum.GetValues<CallOutcome>().Length, Long, static s => s.Calls.Calls),
        Counter("relay_node_turn_faults_total", "Turns of a tenant's nodes that threw: each is a bug of the relay.", static s => s.Nodes.TurnFaults),

        // The tunnel.
        Gauge("relay_tunnel_open", "Tunnels that are open.", static s => OpenTunnels(s.Tunnels)),
        Counter("relay_tunnel_opened_total", "Tunnels whose target was connected.", static s => s.Tunnels.Opened),
        Counters("relay_tunnel_refused_total", "Tunnels that were refused, by HTTP status.", "status", Array.ConvertAll(TunnelCounters.Statuses, static status => (status.ToString(CultureInfo.InvariantCulture), (Func<MetricSources, long>)(s => s.Tunnels.Refused(status))))),
        Counters("relay_tunnel_ended_total", "Tunnels that were open and ended, by reason.", "reason", Each<TunnelEnd>(static end => end.Name(), static (s, end) => s.Tunnels.Ended(end))),
        Counters("relay_tunnel_bytes_total", "Bytes that tunnels moved: up from clients, down from targets.", "direction", [("up", static s => s.Tunnels.Up), ("down", static s => s.Tunnels.Down)]),
        Gauge("relay_tunnel_held_bytes", "Bytes of clients that wait for targets which do not read.", static s => s.Tunnels.Held),

        new DurationRow("relay_tunnel_dial_seconds", "How long it took to connect to targets, the lookup of their names with it, by whether it came to anything.", "outcome", 2, Slow, static s => s.Tunnels.Dials),

        // Limits and tenants.
        Counters("relay_limits_refused_total", "Connections, messages and requests that a limit refused, by setting.", "limit", Each<LimitKind>(LimitCounters.Name, static (s, kind) => s.Limits.Refused(kind))),
        Counter("relay_limits_unanswered_total", "Sockets and requests of users that were refused because nobody in the cluster answered what their limits leave.", static s => s.Limits.Unanswered),
        Counter("relay_limits_slowed_total", "Times that a connection was not read for a while because of a rate.", static s => s.Limits.Slowed),
        new TenantRow("relay_tenant_connections", InstrumentKind.Gauge, "Sockets that are open, by tenant.", null, [("", static counts => counts.ConnectionsOpened - counts.ConnectionsClosed)]) { Reads = true },
        Tenants("relay_tenant_connections_opened_total", "Sockets that were opened, by tenant.", null, ("", static counts => counts.ConnectionsOpened)),
        Tenants("relay_tenant_messages_total", "Messages, by tenant: in from clients and HTTP requests, out to clients and callers.", "direction", ("in", static counts => counts.MessagesIn), ("out", static counts => counts.MessagesOut)),
        Tenants("relay_tenant_bytes_total", "Their bytes.", "direction", ("in", static counts => counts.BytesIn), ("out", static counts => counts.BytesOut)),
        Tenants("relay_tenant_tunnels_total", "Tunnels that were opened, by tenant.", null, ("", static counts => counts.Tunnels)),
        Tenants("relay_tenant_tunnel_bytes_total", "Bytes that tunnels moved, by tenant: up from clients, down from targets.", "direction", ("up", static counts => counts.TunnelBytesUp), ("down", static counts => counts.TunnelBytesDown)),
        Tenants("relay_tenant_tokens_total", "Tokens that model servers reported, by tenant.", "kind", ("prompt", static counts => counts.PromptTokens), ("completion", static counts => counts.CompletionTokens)),
        Tenants("relay_tenant_refused_total", "Connections, messages and requests that limits.* refused, by tenant.", null, ("", static counts => counts.Refused)),

        // Webhooks.
        Counters("relay_webhook_events_total", "Events of webhooks: delivered, given up because the receiver refused them or was away for too long, dropped because too many waited.", "outcome", [("delivered", static s => s.Webhooks.Delivered), ("given_up", static s => s.Webhooks.GivenUp), ("dropped", static s => s.Webhooks.Dropped)]),
        Counter("relay_webhook_failed_attempts_total", "Deliveries of webhooks that failed and were tried again.", static s => s.Webhooks.FailedAttempts),
        Gauge("relay_webhook_waiting_events", "Events of webhooks that wait on the disk.", static s => s.Webhooks.Waiting),
        Counter("relay_connect_hook_refused_total", "WebSockets that whoever is asked did not let in.", static s => s.Webhooks.RefusedConnects),
        Counter("relay_connect_hook_failed_total", "Times that whoever is asked about a WebSocket gave no answer.", static s => s.Webhooks.FailedConnects),

        new DurationRow("relay_connect_hook_seconds", "How long whoever is asked about a WebSocket took to answer, or not to.", null, 1, Slow, static s => s.Webhooks.Questions),

        // The store.
        Stored(Counter("relay_store_operations_total", "Operations that the store accepted.", static s => s.Store!.Counters.Operations)),
        Stored(Counter("relay_store_transactions_total", "Transactions that the store committed.", static s => s.Store!.Counters.Batches)),
        Stored(Counter("relay_store_refused_total", "Operations refused because the store's queue was full.", static s => s.Store!.Counters.Refused)),
        Stored(Counter("relay_store_failed_total", "Accepted operations that the database could not perform.", static s => s.Store!.Counters.Failed)),
        Stored(Counter("relay_store_outcome_unknown_total", "Writes during which the database was lost: nobody knows whether they were made.", static s => s.Store!.Counters.Unknown)),
        Stored(Counter("relay_store_connections_opened_total", "Connections to a database server that were opened; each after the first ones is a loss.", static s => s.Store!.Counters.Connections)),
        Stored(Gauge("relay_store_queue_operations", "Operations that wait for the store.", static s => s.Store!.QueueDepth)),
        Stored(Gauge("relay_store_available", "1 while the store works, 0 from its first failure until writes have worked again for a while.", static s => s.Store!.IsAvailable ? 1 : 0)),

        Stored(new DurationRow("relay_store_transaction_seconds", "How long the store took for what it does at once, mostly one transaction.", null, 1, Slow, static s => s.Store!.Counters.Transactions)),

        // The cluster, in its processes only.
        Gauge("relay_cluster_silos", "Silos that are active, by the last table of members that could be read.", static s => s.Cluster!.Silos) with { Where = static s => s.Cluster is not null },
        Gauge("relay_membership_available", "1 while the table of members (Redis) can be read, 0 from the first time that it cannot: clients are served, but no silo can join, leave or be declared dead.", static s => s.Cluster!.IsReadable ? 1 : 0) with { Where = static s => s.Cluster is not null },

        // A stop: relay_connections says how many are left, these say what was done to those that were there.
        Gauge("relay_draining", "1 from the moment that the process was told to stop.", static s => s.Drain.IsDraining ? 1 : 0),
        Gauge("relay_drain_waiting_sockets", "Sockets that a stop has not told to go yet: their slot is still to come.", static s => s.Drain.Waiting),
        Counters("relay_drain_sockets_total", "Sockets that a stop told to go when their work was done (told), closed with work under way because the time was up (cut), or dropped without a goodbye (aborted).", "step", Each<DrainStep>(Snake, static (s, step) => s.Drain.Of(step))),

        // The process; the rest of it is told by .NET's own instruments (dotnet_*).
        Gauge("relay_thread_pool_threads", "Threads of the pool.", static _ => ThreadPool.ThreadCount),
        Gauge("relay_thread_pool_waiting_items", "Work that waits for a thread of the pool.", static _ => ThreadPool.PendingWorkItemCount),

        // The telling itself.
        new PairedRow("relay_otlp_exports_total", InstrumentKind.Counter, "Times that something was to be sent to metrics.otlp.endpoint, or to traces.otlp.endpoint: taken there (sent) or not (failed).", "signal", "outcome", [
            ("metrics", "sent", static s => s.Otlp.Metrics.Sent),
            ("metrics", "failed", static s => s.Otlp.Metrics.Failed),
            ("traces", "sent", static s => s.Otlp.Traces.Sent),
            ("traces", "failed", static s => s.Otlp.Traces.Failed),
        ]),
    ];

    private static ValueRow Counter(string name, string help, Func<MetricSources, long> read) => new(name, InstrumentKind.Counter, help, read);

    private static ValueRow Gauge(string name, string help, Func<MetricSources, long> read) => new(name, InstrumentKind.Gauge, help, read);

    private static LabelledRow Counters(string name, string help, string label, (string, Func<MetricSources, long>)[] series) => new(name, InstrumentKind.Counter, help, label, series);

    private static LabelledRow Gauges(string name, string help, string label, (string, Func<MetricSources, long>)[] series) => new(name, InstrumentKind.Gauge, help, label, series);

    private static TenantRow Tenants(string name, string help, string? label, params (string, Func<UsageCounts, long>)[] series) => new(name, InstrumentKind.Counter, help, label, series);

    private static PluginRow Plugins(string name, string help, Func<PluginCounters, long> read) => new(name, InstrumentKind.Counter, help, MostPlugins, read);

    private static InstrumentRow Counted(InstrumentRow row) => row with { Where = static s => s.Connections is not null };

    private static InstrumentRow Stored(InstrumentRow row) => row with { Where = static s => s.Store is not null };

    private static (string, Func<MetricSources, long>)[] Each<T>(Func<T, string> name, Func<MetricSources, T, long> read)
        where T : struct, Enum => Array.ConvertAll(Enum.GetValues<T>(), value => (name(value), (Func<MetricSources, long>)(s => read(s, value))));

    private static IEnumerable<(string, string, Func<MetricSources, long>)> Pairs<TFirst, TSecond>(Func<MetricSources, TFirst, TSecond, long> read)
        where TFirst : struct, Enum
        where TSecond : struct, Enum =>
        from first in Enum.GetValues<TFirst>()
        from second in Enum.GetValues<TSecond>()
        select (Snake(first), Snake(second), (Func<MetricSources, long>)(s => read(s, first, second)));

    /// <summary>What a value is called in labels.</summary>
    internal static string Snake<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    // What is closed is read first: a connection that opens and closes meanwhile must not make this negative.
    private static long Open(GatewayCounters gateway)
    {
        var closed = Enum.GetValues<CloseReason>().Sum(gateway.Closed);
        return gateway.Opened - closed;
    }

    private static long Members(MetricSources sources)
    {
        var left = sources.Rooms.Leaves;
        return sources.Rooms.Joins - left;
    }

    private static long OpenTunnels(TunnelCounters tunnels)
    {
        var ended = Enum.GetValues<TunnelEnd>().Sum(tunnels.Ended);
        return tunnels.Opened - ended;
    }
}
