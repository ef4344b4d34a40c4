// What a close code means and whether to come back: the relay's catalogue, checked against it by a test.

const Catalogue = [
  { code: 1000, name: 'normal', reconnect: 'later', meaning: 'This end closed.' },
  { code: 1001, name: 'going_away', reconnect: 'later', meaning: 'The relay is being stopped.' },
  { code: 1002, name: 'protocol_error', reconnect: 'never', meaning: 'The client broke RFC 6455, or the protocol of tunnels.' },
  { code: 1007, name: 'invalid_utf8', reconnect: 'never', meaning: 'A text message was not UTF-8.' },
  { code: 1009, name: 'message_too_big', reconnect: 'never', meaning: 'A message was over hub.max_message_bytes, or rooms.max_message_bytes.' },
  { code: 4400, name: 'bad_node_message', reconnect: 'later', meaning: 'A node broke the protocol of nodes.' },
  { code: 4401, name: 'missing_user_id', reconnect: 'never', meaning: 'The connection names no user.' },
  { code: 4401, name: 'token_expired', reconnect: 'at once', meaning: 'The token ran out; come back with a fresh one.' },
  { code: 4403, name: 'tenant_suspended', reconnect: 'never', meaning: 'The tenant is suspended.' },
  { code: 4403, name: 'foreign_peer', reconnect: 'never', meaning: 'The address names another peer than the identity.' },
  { code: 4403, name: 'not_admitted', reconnect: 'never', meaning: 'The tenant does not let this connection in.' },
  { code: 4405, name: 'receive_only', reconnect: 'never', meaning: 'Members of this room only receive.' },
  { code: 4408, name: 'slow_consumer', reconnect: 'at once', meaning: 'Pushes arrived faster than they were read.' },
  { code: 4408, name: 'node_stalled', reconnect: 'later', meaning: 'A node took nothing of what it was sent.' },
  { code: 4409, name: 'replaced', reconnect: 'never', meaning: 'A newer connection of the same peer waits for the same partner.' },
  { code: 4409, name: 'node_id_taken', reconnect: 'later', meaning: 'Another connection has this node’s id.' },
  { code: 4410, name: 'hold_timeout', reconnect: 'later', meaning: 'The partner did not come in time.' },
  { code: 4410, name: 'hello_timeout', reconnect: 'later', meaning: 'A node did not say who it is.' },
  { code: 4411, name: 'disconnected', reconnect: 'later', meaning: 'A back end ended the connection.' },
  { code: 4413, name: 'hold_full', reconnect: 'later', meaning: 'More was sent than is held for a partner that has not come.' },
  { code: 4413, name: 'too_many_documents', reconnect: 'never', meaning: 'The peer wants to be introduced for too many documents.' },
  { code: 4413, name: 'tunnel_quota', reconnect: 'later', meaning: 'The bytes of the tunnel’s user or tenant are used up.' },
  { code: 4420, name: 'rate_limited', reconnect: 'later', meaning: 'The rate was exceeded for too long.' },
  { code: 4429, name: 'max_connections_reached', reconnect: 'later', meaning: 'The user is at the limit of connections.' },
  { code: 4429, name: 'too_many_rooms', reconnect: 'later', meaning: 'The tenant has as many rooms as allowed.' },
  { code: 4429, name: 'room_full', reconnect: 'later', meaning: 'The room has as many members as allowed.' },
  { code: 4429, name: 'too_many_nodes', reconnect: 'later', meaning: 'The tenant has as many nodes as allowed.' },
  { code: 4429, name: 'too_many_connections', reconnect: 'later', meaning: 'The tenant, or the user, has as many connections as limits.* allows.' },
  { code: 4500, name: 'hub_creation_failed', reconnect: 'later', meaning: 'The user’s hub could not be made.' },
  { code: 4502, name: 'tunnel_lost', reconnect: 'later', meaning: 'The tunnel’s connection to its target was broken off.' },
  { code: 4503, name: 'admission_unavailable', reconnect: 'later', meaning: 'Whoever decides about connections of the tenant cannot be asked now.' },
  { code: 4504, name: 'tunnel_idle', reconnect: 'at once', meaning: 'Nothing came through the tunnel for too long.' },
];

// What a browser reports when the relay has sent no code.
const Local = [
  { code: 1005, name: 'no_code', reconnect: 'later', meaning: 'The other end closed without a code.' },
  { code: 1006, name: 'no_close_frame', reconnect: 'later', meaning: 'The connection was lost, or the handshake was refused: is the relay running, and may this user connect?' },
];

export const Advice = {
  never: 'Do not reconnect like this: something has to change first.',
  'at once': 'Reconnect at once.',
  later: 'Reconnect later, after a pause that grows.',
};

/** Explains a close event: `{ code, name, reconnect, meaning }`. The reason's text tells apart what shares a code. */
export function explainClose(code, reason) {
  const same = [...Catalogue, ...Local].filter(each => each.code === code);
  return same.find(each => each.name === reason) ?? same[0]
    ?? { code, name: reason || 'unknown', reconnect: 'later', meaning: 'The relay’s catalogue does not name this code.' };
}
