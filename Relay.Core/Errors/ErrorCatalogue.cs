namespace Relay.Core.Errors;

/// <summary>Every error code and close code, in one place (DESIGN rule 9). docs/protocol.md is checked against it.</summary>
public static class ErrorCatalogue
{
    /// <summary>Looks an error up.</summary>
    /// <param name="code">The error.</param>
    /// <returns>Its wire form.</returns>
    public static ErrorEntry Of(ErrorCode code) => code switch
    {
        ErrorCode.MissingUserId => MissingUserId,
        ErrorCode.MaxConnectionsReached => MaxConnectionsReached,
        ErrorCode.HubCreationFailed => HubCreationFailed,
        ErrorCode.InvalidJson => InvalidJson,
        ErrorCode.UnknownCommand => UnknownCommand,
        ErrorCode.PluginNotFound => PluginNotFound,
        ErrorCode.PluginFailed => PluginFailed,
        ErrorCode.MessageTooBig => MessageTooBig,
        ErrorCode.SlowConsumer => SlowConsumer,
        ErrorCode.RateLimited => RateLimited,
        ErrorCode.NoAnswer => NoAnswer,
        ErrorCode.Forbidden => Forbidden,
        ErrorCode.TokenExpired => TokenExpired,
        ErrorCode.TenantSuspended => TenantSuspended,
        ErrorCode.GoingAway => GoingAway,
        ErrorCode.TooManyRooms => TooManyRooms,
        ErrorCode.ReceiveOnly => ReceiveOnly,
        ErrorCode.OutcomeUnknown => OutcomeUnknown,
        ErrorCode.Disconnected => Disconnected,
        ErrorCode.NotAdmitted => NotAdmitted,
        ErrorCode.AdmissionUnavailable => AdmissionUnavailable,
        ErrorCode.TooManyConnections => TooManyConnections,
        ErrorCode.InvalidToken => InvalidToken,
        ErrorCode.RoomFull => RoomFull,
    };

    /// <summary>Looks a close reason up.</summary>
    /// <param name="reason">The reason.</param>
    /// <returns>Its wire form.</returns>
    public static CloseEntry Of(CloseReason reason) => reason switch
    {
        CloseReason.Normal => Normal,
        CloseReason.GoingAway => Leaving,
        CloseReason.ProtocolError => Protocol,
        CloseReason.InvalidUtf8 => Utf8,
        CloseReason.MessageTooBig => TooBig,
        CloseReason.MissingUserId => NoUser,
        CloseReason.TenantSuspended => Suspended,
        CloseReason.SlowConsumer => Slow,
        CloseReason.RateLimited => Rate,
        CloseReason.MaxConnectionsReached => Limit,
        CloseReason.HubCreationFailed => NoHub,
        CloseReason.TooManyRooms => NoRoom,
        CloseReason.ReceiveOnly => Listener,
        CloseReason.ForeignPeer => Foreign,
        CloseReason.TooManyDocuments => Documents,
        CloseReason.Replaced => Newer,
        CloseReason.HoldTimeout => NoPartner,
        CloseReason.HoldFull => Full,
        CloseReason.PartnerGone => Partner,
        CloseReason.TokenExpired => Expired,
        CloseReason.PeerGone => Gone,
        CloseReason.NodeIdTaken => IdTaken,
        CloseReason.TooManyNodes => Nodes,
        CloseReason.BadNodeMessage => NodeFault,
        CloseReason.HelloTimeout => NoHello,
        CloseReason.NodeStalled => Stalled,
        CloseReason.TunnelLost => NoTarget,
        CloseReason.TunnelIdle => IdleTunnel,
        CloseReason.TunnelQuota => NoBytes,
        CloseReason.Disconnected => Ended,
        CloseReason.NotAdmitted => TurnedAway,
        CloseReason.AdmissionUnavailable => Undecided,
        CloseReason.TooManyConnections => NoPlace,
        CloseReason.RoomFull => NoSeat,
    };

    private static readonly ErrorEntry MissingUserId = new("missing_user_id", CloseReason.MissingUserId, "No user in the connection's identity.");
    private static readonly ErrorEntry MaxConnectionsReached = new("max_connections_reached", CloseReason.MaxConnectionsReached, "The user is at the limit of connections.");
    private static readonly ErrorEntry HubCreationFailed = new("hub_creation_failed", CloseReason.HubCreationFailed, "The user's hub could not be made.");
    private static readonly ErrorEntry InvalidJson = new("invalid_json", null, "The frame is not a JSON object.");
    private static readonly ErrorEntry UnknownCommand = new("unknown_command", null, "The message has no type, or the type is not a string.");
    private static readonly ErrorEntry PluginNotFound = new("plugin_not_found", null, "No plugin's prefix matches the type.");
    private static readonly ErrorEntry PluginFailed = new("plugin_failed", null, "The plugin crashed on this message, or is marked failed.");
    private static readonly ErrorEntry MessageTooBig = new("message_too_big", CloseReason.MessageTooBig, "The message is over hub.max_message_bytes.");
    private static readonly ErrorEntry SlowConsumer = new("slow_consumer", CloseReason.SlowConsumer, "The connection did not read what was pushed to it.");
    private static readonly ErrorEntry RateLimited = new("rate_limited", CloseReason.RateLimited, "The user, or the tenant, sends more messages than hub.max_messages_per_second and limits.* allow.") { ClosesWhenItPersists = true };
    private static readonly ErrorEntry NoAnswer = new("no_answer", null, "The plugin finished without answering this request_id.");
    private static readonly ErrorEntry Forbidden = new("forbidden", null, "The identity lacks the plugin's scope.");
    private static readonly ErrorEntry TokenExpired = new("token_expired", CloseReason.TokenExpired, "The connection's token ran out.");
    private static readonly ErrorEntry TenantSuspended = new("tenant_suspended", CloseReason.TenantSuspended, "The tenant is suspended.");
    private static readonly ErrorEntry GoingAway = new("going_away", CloseReason.GoingAway, "The relay is being stopped.");
    private static readonly ErrorEntry TooManyRooms = new("too_many_rooms", CloseReason.TooManyRooms, "The tenant has rooms.max_rooms rooms, and this one is not among them.");
    private static readonly ErrorEntry ReceiveOnly = new("receive_only", CloseReason.ReceiveOnly, "The room's members only receive, and this one sent a message.");
    private static readonly ErrorEntry OutcomeUnknown = new("outcome_unknown", null, "The part of the relay that had taken the message was lost, or ended, before there was an answer: it may or may not have been handled.");
    private static readonly ErrorEntry Disconnected = new("disconnected", CloseReason.Disconnected, "A back end ended the connection.");
    private static readonly ErrorEntry NotAdmitted = new("not_admitted", CloseReason.NotAdmitted, "The tenant does not let this connection in.");
    private static readonly ErrorEntry AdmissionUnavailable = new("admission_unavailable", CloseReason.AdmissionUnavailable, "Whoever decides about connections of the tenant cannot be asked now.");
    private static readonly ErrorEntry TooManyConnections = new("too_many_connections", CloseReason.TooManyConnections, "The tenant, or the user, has as many connections as limits.* allows.");
    private static readonly ErrorEntry InvalidToken = new("invalid_token", null, "The fresh token is not valid, or is of another user or with other scopes: the connection ends when the one that it came with does.");
    private static readonly ErrorEntry RoomFull = new("room_full", CloseReason.RoomFull, "The room has rooms.max_members members.");

    private static readonly CloseEntry Normal = new(1000, "normal", Reconnect.Later, "The client closed.");
    private static readonly CloseEntry Leaving = new(1001, "going_away", Reconnect.Later, "The relay is being stopped; another one, or this one after its restart, will take the connection.");
    private static readonly CloseEntry Protocol = new(1002, "protocol_error", Reconnect.Never, "The client broke RFC 6455, or the protocol of tunnels.");
    private static readonly CloseEntry Utf8 = new(1007, "invalid_utf8", Reconnect.Never, "A text message or a close reason was not UTF-8.");
    private static readonly CloseEntry TooBig = new(1009, "message_too_big", Reconnect.Never, "A message was over hub.max_message_bytes, or rooms.max_message_bytes.");
    private static readonly CloseEntry NoUser = new(4401, "missing_user_id", Reconnect.Never, "No user in the connection's identity.");
    private static readonly CloseEntry Suspended = new(4403, "tenant_suspended", Reconnect.Never, "The tenant is suspended.");
    private static readonly CloseEntry Slow = new(4408, "slow_consumer", Reconnect.AtOnce, "The connection's outbox was full of pushes that it did not read.");
    private static readonly CloseEntry Rate = new(4420, "rate_limited", Reconnect.Later, "The user, or the tenant, went on sending more messages than hub.max_messages_per_second and limits.* allow.");
    private static readonly CloseEntry Limit = new(4429, "max_connections_reached", Reconnect.Later, "The user is at the limit of connections.");
    private static readonly CloseEntry NoHub = new(4500, "hub_creation_failed", Reconnect.Later, "The user's hub could not be made.");
    private static readonly CloseEntry NoRoom = new(4429, "too_many_rooms", Reconnect.Later, "The tenant has rooms.max_rooms rooms, and this one is not among them.");
    private static readonly CloseEntry Listener = new(4405, "receive_only", Reconnect.Never, "The room's members only receive, and this one sent a message.");
    private static readonly CloseEntry Foreign = new(4403, "foreign_peer", Reconnect.Never, "The address names a peer that the connection's identity is not.");
    private static readonly CloseEntry Documents = new(4413, "too_many_documents", Reconnect.Never, "The peer wants to be introduced for more than peers.max_documents documents.");
    private static readonly CloseEntry Newer = new(4409, "replaced", Reconnect.Never, "A newer connection of the same peer waits for the same partner.");
    private static readonly CloseEntry NoPartner = new(4410, "hold_timeout", Reconnect.Later, "The partner did not come within peers.hold_timeout.");
    private static readonly CloseEntry Full = new(4413, "hold_full", Reconnect.Later, "The peer sent more than peers.hold_bytes before its partner had come.");
    private static readonly CloseEntry Partner = new(0, "partner_gone", Reconnect.Later, "The other end of the pipe has closed: the close frame has no code.");
    private static readonly CloseEntry Expired = new(4401, "token_expired", Reconnect.AtOnce, "The connection's token ran out; come back with a fresh one.");
    private static readonly CloseEntry Gone = new(0, "peer_gone", Reconnect.AtOnce, "The peer ended without a close frame, or did not answer pings: the connection is dropped.");
    private static readonly CloseEntry IdTaken = new(4409, "node_id_taken", Reconnect.Later, "Another connection has this node's id, and it lives.");
    private static readonly CloseEntry Nodes = new(4429, "too_many_nodes", Reconnect.Later, "The tenant has nodes.max_nodes nodes.");
    private static readonly CloseEntry NodeFault = new(4400, "bad_node_message", Reconnect.Later, "A node sent what is no message of the node socket, or at the wrong time; the relay's log says what was wrong.");
    private static readonly CloseEntry NoHello = new(4410, "hello_timeout", Reconnect.Later, "A node did not say who it is within 10 s.");
    private static readonly CloseEntry Stalled = new(4408, "node_stalled", Reconnect.Later, "A node took nothing of what it was sent for nodes.idle_timeout.");
    private static readonly CloseEntry NoTarget = new(4502, "tunnel_lost", Reconnect.Later, "The connection of a tunnel to its target was broken off.");
    private static readonly CloseEntry IdleTunnel = new(4504, "tunnel_idle", Reconnect.AtOnce, "Nothing came through the tunnel for tunnel.idle_timeout.");
    private static readonly CloseEntry NoBytes = new(4413, "tunnel_quota", Reconnect.Later, "The bytes of the tunnel's user, or of its tenant, are used up.");
    private static readonly CloseEntry Ended = new(4411, "disconnected", Reconnect.Later, "A back end ended the connection.");
    private static readonly CloseEntry TurnedAway = new(4403, "not_admitted", Reconnect.Never, "The tenant does not let this connection in.");
    private static readonly CloseEntry Undecided = new(4503, "admission_unavailable", Reconnect.Later, "Whoever decides about connections of the tenant cannot be asked now.");
    private static readonly CloseEntry NoPlace = new(4429, "too_many_connections", Reconnect.Later, "The tenant, or the user, has as many connections as limits.* allows.");
    private static readonly CloseEntry NoSeat = new(4429, "room_full", Reconnect.Later, "The room has rooms.max_members members.");
}
