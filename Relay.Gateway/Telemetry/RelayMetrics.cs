using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Core.Tunnel;
using Relay.Gateway.Auth;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Storage;
using Relay.Gateway.Tunnel;
using Relay.Gateway.Webhooks;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// Every metric of the relay. All are observed: the parts count in plain fields, and a value is only read when
/// somebody asks for it, so a metric costs the message path nothing beyond its count.
/// </summary>
internal sealed class RelayMetrics : IDisposable
{
    public const string MeterName = "Relay";

    private static readonly CloseReason[] Reasons = Enum.GetValues<CloseReason>();

    // Of CallOutcome.
    private static readonly string[] Names = ["served", "unknown_model", "busy", "failed", "broken", "cancelled"];

    private static readonly TunnelEnd[] Ends = Enum.GetValues<TunnelEnd>();

    private static readonly string Version =
        typeof(RelayMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public RelayMetrics(
        GatewayCounters gateway, TunnelCounters tunnels, LimitTable limits, UsageMetrics usage, RuntimeCounters runtime, RoomCounters rooms, NodeCounters nodes, NodeCallCounters calls, IDurableStore? store, WebhookCounters? webhooks = null)
    {
        Gauge("relay_build_info", "The relay's version; always 1.", () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", Version)));
        AddGateway(gateway);
        AddHubs(runtime);
        AddRooms(rooms);
        AddNodes(nodes, calls);
        AddTunnels(tunnels);
        AddLimits(limits.Counters);
        usage.AddTo(Meter);
        AddPlugins(runtime);
        AddWebhooks(webhooks ?? new());
        if (store is not null) AddStore(store);
    }

    /// <summary>This relay's own: two relays in one process, as in tests, have two meters of one name.</summary>
    public Meter Meter { get; } = new(MeterName);

    public void Dispose() => Meter.Dispose();

    private void AddGateway(GatewayCounters gateway)
    {
        Gauge("relay_connections", "Connections that are open.", () => Open(gateway));
        Counter("relay_connections_opened_total", "Connections that were upgraded.", () => gateway.Opened);
        Counters(
            "relay_connections_closed_total",
            "Connections that ended, by reason; docs/protocol.md says what each means.",
            "reason",
            Reasons.Select(reason => (ErrorCatalogue.Of(reason).Name, (Func<long>)(() => gateway.Closed(reason)))));
        Counters(
            "relay_handshakes_refused_total",
            "Requests for a WebSocket that got an HTTP status instead, by reason.",
            "reason",
            [("origin", () => gateway.OriginsRefused), ("invalid", () => gateway.HandshakesRefused)]);
        Counters(
            "relay_credentials_refused_total",
            "Requests that were refused for what they showed of who they are, by reason.",
            "reason",
            Enum.GetValues<AuthFault>().Skip(1).Select(fault => (JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString()), (Func<long>)(() => gateway.CredentialsRefused(fault)))));
        Counter("relay_messages_received_total", "Messages from clients.", () => gateway.MessagesReceived);
        Counter("relay_bytes_received_total", "Payload bytes of messages from clients.", () => gateway.BytesReceived);
        Counter("relay_messages_sent_total", "Messages to clients.", () => gateway.MessagesSent);
        Counter("relay_bytes_sent_total", "Payload bytes of messages to clients; those of rooms with their frames' headers.", () => gateway.BytesSent);
        Counter("relay_outbox_overflows_total", "Pushes that found a connection's outbox full.", () => gateway.PushesOverflowed);
        Counter("relay_reading_pauses_total", "Times that a connection had no credit left and its data was not taken until some came back.", () => gateway.ReadingPauses);
        Counter("relay_pings_sent_total", "Pings to connections from which nothing came.", () => gateway.Pings);
        Counter("relay_peer_messages_ignored_total", "Messages to /introduction that could not be read.", () => gateway.PeerMessagesIgnored);
        Counter("relay_introductions_merged_total", "Introductions that took the place of an earlier one of the same peer, because the connection did not read.", () => gateway.IntroductionsMerged);
        Counter("relay_dead_peers_total", "Connections given up because nothing came after a ping.", () => gateway.DeadPeers);
    }

    private void AddHubs(RuntimeCounters runtime)
    {
        Counter("relay_hub_joins_total", "Connections that a hub welcomed.", () => runtime.Joins);
        Counter("relay_hub_joins_refused_total", "Connections that a hub refused, or that got no hub.", () => runtime.RejectedJoins);
        Counter("relay_hubs_collected_total", "Hubs that ended because nobody used them.", () => runtime.CollectedHubs);
        Counter("relay_turn_faults_total", "Turns of a hub that threw: each is a bug of the relay.", () => runtime.TurnFaults);
    }

    private void AddRooms(RoomCounters rooms)
    {
        Gauge("relay_rooms", "Rooms that have members at this process, or keep messages in it.", () => rooms.Rooms);
        Gauge("relay_room_members", "Connections that are members of a room.", () => Members(rooms));
        Counter("relay_room_joins_total", "Connections that became members of a room.", () => rooms.Joins);
        Counter("relay_room_joins_refused_total", "Connections that found no room.", () => rooms.Refused);
        Counter("relay_room_messages_total", "Messages to rooms, each once.", () => rooms.Messages);
        Counter("relay_room_deliveries_total", "Messages of rooms given to members' connections.", () => rooms.Deliveries);
        Counters(
            "relay_room_recoveries_total",
            "Members that came back and asked for what they had missed, by whether it was kept.",
            "recovered",
            [("true", () => rooms.Recovered), ("false", () => rooms.NotRecovered)]);
        Counter("relay_room_lost_total", "Gaps in what rooms told this gateway, each once whatever was missed, and members' messages that a room may not have taken.", () => rooms.Lost);
        Counter("relay_room_turn_faults_total", "Turns of a room that threw: each is a bug of the relay.", () => rooms.TurnFaults);

        // The names of the broadcast relay whose dashboards are in use.
        Gauge("websocket_connected_clients", "As relay_room_members.", () => Members(rooms));
        Counter("websocket_messages_total", "As relay_room_messages_total.", () => rooms.Messages);
        Counter("websocket_connections_total", "As relay_room_joins_total.", () => rooms.Joins);
        Counter("websocket_disconnections_total", "Members that have left.", () => rooms.Leaves);
    }

    private void AddNodes(NodeCounters nodes, NodeCallCounters calls)
    {
        Gauge("relay_nodes", "Nodes that are connected.", () => nodes.Nodes);
        Gauge("relay_node_requests_in_flight", "Requests that nodes have.", () => nodes.InFlight);
        Gauge("relay_node_queue_depth", "Requests that wait for a node that has room.", () => nodes.Waiting);
        Counter("relay_node_requests_started_total", "Requests that were given to a node, each time.", () => nodes.Started);
        Meter.CreateObservableCounter("relay_node_queue_wait_seconds_total", () => nodes.Waited.TotalSeconds, null, "How long those had waited for it, together.");
        Counter("relay_node_retries_total", "Requests that were to be given to another node because one had failed.", () => calls.Retries);
        Counters(
            "relay_node_calls_total",
            "Requests of callers, by how they ended.",
            "outcome",
            Enum.GetValues<CallOutcome>().Select(outcome => (Names[(int)outcome], (Func<long>)(() => calls.Of(outcome)))));
        Counter("relay_node_turn_faults_total", "Turns of a tenant's nodes that threw: each is a bug of the relay.", () => nodes.TurnFaults);
    }

    private void AddTunnels(TunnelCounters tunnels)
    {
        Gauge("relay_tunnel_open", "Tunnels that are open.", () => OpenTunnels(tunnels));
        Counter("relay_tunnel_opened_total", "Tunnels whose target was connected.", () => tunnels.Opened);
        Counters(
            "relay_tunnel_refused_total",
            "Tunnels that were refused, by HTTP status.",
            "status",
            TunnelCounters.Statuses.Select(status => (status.ToString(CultureInfo.InvariantCulture), (Func<long>)(() => tunnels.Refused(status)))));
        Counters(
            "relay_tunnel_ended_total",
            "Tunnels that were open and ended, by reason.",
            "reason",
            Ends.Select(end => (end.Name(), (Func<long>)(() => tunnels.Ended(end)))));
        Counters(
            "relay_tunnel_bytes_total",
            "Bytes that tunnels moved: up from clients, down from targets.",
            "direction",
            [("up", () => tunnels.Up), ("down", () => tunnels.Down)]);
        Gauge("relay_tunnel_held_bytes", "Bytes of clients that wait for targets which do not read.", () => tunnels.Held);
    }

    private void AddLimits(LimitCounters limits)
    {
        Counters(
            "relay_limits_refused_total",
            "Connections, messages and requests that a limit refused, by setting.",
            "limit",
            LimitCounters.Kinds.Select(kind => (LimitCounters.Name(kind), (Func<long>)(() => limits.Refused(kind)))));
        Counter("relay_limits_unanswered_total", "Sockets and requests of users that were refused because nobody in the cluster answered what their limits leave.", () => limits.Unanswered);
        Counter("relay_limits_slowed_total", "Times that a connection was not read for a while because of a rate.", () => limits.Slowed);
    }

    private void AddPlugins(RuntimeCounters runtime)
    {
        Counter("relay_plugin_crashes_total", "Crashes of plugin instances.", () => runtime.Crashes);
        Counter("relay_plugin_time_limits_total", "Crashes because a handler took longer than its time limit.", () => runtime.TimeLimits);
        Counter("relay_plugins_failed_total", "Plugins that were marked failed.", () => runtime.FailedPlugins);
        Counter("relay_plugin_late_terminals_total", "Answers dropped because the request had one, or the instance was replaced.", () => runtime.LateTerminals);
        Counter("relay_plugin_runs_refused_total", "Messages not handled because too many abandoned handlers still ran.", () => runtime.RefusedRuns);
        Counter("relay_plugin_inline_revoked_total", "Plugins that lost the right to run on the receiving thread.", () => runtime.RevokedInline);
        Counter("relay_inbox_dropped_messages_total", "Messages of closed connections that were dropped from a full inbox.", () => runtime.DroppedMessages);
        Gauge("relay_plugin_abandoned_handlers", "Handlers that were given up and still run.", () => runtime.Abandoned);
        Gauge("relay_plugin_blocked_threads", "Threads that plugin code blocks now.", () => runtime.BlockedThreads);
    }

    private void AddWebhooks(WebhookCounters webhooks)
    {
        Counters(
            "relay_webhook_events_total",
            "Events of webhooks: delivered, given up because the receiver refused them or was away for too long, dropped because too many waited.",
            "outcome",
            [("delivered", () => webhooks.Delivered), ("given_up", () => webhooks.GivenUp), ("dropped", () => webhooks.Dropped)]);
        Counter("relay_webhook_failed_attempts_total", "Deliveries of webhooks that failed and were tried again.", () => webhooks.FailedAttempts);
        Gauge("relay_webhook_waiting_events", "Events of webhooks that wait on the disk.", () => webhooks.Waiting);
        Counter("relay_connect_hook_refused_total", "WebSockets that whoever is asked did not let in.", () => webhooks.RefusedConnects);
        Counter("relay_connect_hook_failed_total", "Times that whoever is asked about a WebSocket gave no answer.", () => webhooks.FailedConnects);
    }

    private void AddStore(IDurableStore store)
    {
        Counter("relay_store_operations_total", "Operations that the store accepted.", () => store.Counters.Operations);
        Counter("relay_store_transactions_total", "Transactions that the store committed.", () => store.Counters.Batches);
        Counter("relay_store_refused_total", "Operations refused because the store's queue was full.", () => store.Counters.Refused);
        Counter("relay_store_failed_total", "Accepted operations that the database could not perform.", () => store.Counters.Failed);
        Counter("relay_store_outcome_unknown_total", "Writes during which the database was lost: nobody knows whether they were made.", () => store.Counters.Unknown);
        Counter("relay_store_connections_opened_total", "Connections to a database server that were opened; each after the first ones is a loss.", () => store.Counters.Connections);
        Gauge("relay_store_queue_operations", "Operations that wait for the store.", () => store.QueueDepth);
        Gauge("relay_store_available", "1 while the store works, 0 from its first failure until writes have worked again for a while.", () => store.IsAvailable ? 1 : 0);
    }

    private void Counter(string name, string help, Func<long> read) => Meter.CreateObservableCounter(name, read, null, help);

    private void Gauge(string name, string help, Func<long> read) => Meter.CreateObservableGauge(name, read, null, help);

    private void Gauge(string name, string help, Func<Measurement<long>> read) => Meter.CreateObservableGauge(name, read, null, help);

    // Every reason is there from the start, with 0: a rate over a series that appears with its first event misses that event.
    private void Counters(string name, string help, string label, IEnumerable<(string Value, Func<long> Read)> series)
    {
        var all = series.Select(each => (each.Read, Tag: new KeyValuePair<string, object?>(label, each.Value))).ToArray();
        Meter.CreateObservableCounter(name, () => all.Select(each => new Measurement<long>(each.Read(), each.Tag)), null, help);
    }

    private static long Members(RoomCounters rooms)
    {
        var left = rooms.Leaves;
        return rooms.Joins - left;
    }

    private static long OpenTunnels(TunnelCounters tunnels)
    {
        var ended = Ends.Sum(tunnels.Ended);
        return tunnels.Opened - ended;
    }

    // What is closed is read first: a connection that opens and closes meanwhile must not make this negative.
    private static long Open(GatewayCounters gateway)
    {
        var closed = Reasons.Sum(gateway.Closed);
        return gateway.Opened - closed;
    }
}
