// One WebSocket to the hub of a user: its state, its frames, and the time between a request and its answers.

import { explainClose } from './closecodes.js';
import { subjectOf, subprotocols } from './identity.js';

// Requests whose answer is still waited for, at the most; the oldest is forgotten first.
const MaxRequests = 1000;

const encoder = new TextEncoder();

/** The address of a user's hub. Throws a RangeError with a sentence for a person when no browser could send it. */
export function hubAddress(user, tenant) {
  // A URL drops the segments "." and ".." even when they are escaped: it would end at another tenant.
  if (tenant === '.' || tenant === '..') throw new RangeError('A browser cannot address a tenant of this name.');
  if (!user.isWellFormed() || !tenant.isWellFormed()) throw new RangeError('An id has half a surrogate pair, which is no text.');
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const path = tenant ? `/t/${encodeURIComponent(tenant)}/ws` : '/ws';
  const query = user ? `?user_id=${encodeURIComponent(user)}` : '';
  return `${scheme}//${location.host}${path}${query}`;
}

/** Raises `change` when what it knows of the connection changes, and `frame` with `detail` for each frame in or out. */
export class RelayConnection extends EventTarget {
  #socket = null;
  #requests = new Map();
  #token;

  constructor(user, tenant, token = '') {
    super();
    // A token says who it is, whatever else is said.
    this.user = token ? subjectOf(token) : user;
    this.tenant = tenant;
    this.address = hubAddress(token ? '' : user, tenant);
    this.#token = token;
  }

  /** Connects, or connects anew. */
  open() {
    Object.assign(this, { state: 'connecting', id: null, clients: null, plugins: new Map(), closed: null });
    this.#requests.clear();
    const socket = this.#socket = new WebSocket(this.address, subprotocols(this.#token));
    socket.binaryType = 'arraybuffer';
    // An old socket's late events are not this connection's any more.
    const mine = handler => event => socket === this.#socket && handler(event);
    socket.addEventListener('open', mine(() => this.#become('open')));
    socket.addEventListener('message', mine(event => this.#receive(event.data)));
    socket.addEventListener('close', mine(event => this.#end(event)));
    this.#changed();
  }

  send(text) {
    if (this.state !== 'open') return false;
    const frame = describe('out', text);
    if (frame.requestKey !== null) this.#remember(frame);
    this.#socket.send(text);
    this.#emit(frame);
    return true;
  }

  close() {
    if (this.state !== 'open' && this.state !== 'connecting') return;
    this.#become('closing');
    this.#socket.close(1000);
  }

  /** Closes and hears no more of it. */
  abandon() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #receive(data) {
    const binary = typeof data !== 'string';
    const frame = describe('in', binary ? `(binary, ${data.byteLength} bytes)` : data);
    const asked = this.#requests.get(frame.requestKey);
    if (asked) {
      frame.elapsed = frame.clock - asked.clock;
      asked.elapsed ??= frame.elapsed;
      asked.answered?.();
    }
    this.#learn(frame.value);
    this.#emit(frame);
  }

  #learn(value) {
    if (value?.type === 'welcome') {
      this.id = value.connection_id;
      this.clients = value.client_count;
      this.plugins = new Map(Object.entries(value.plugins ?? {}));
      this.#changed();
    } else if (value?.type === 'plugin_status') {
      this.plugins.set(value.plugin, { status: value.status });
      this.#changed();
    }
  }

  #end(event) {
    this.closed = { ...explainClose(event.code, event.reason), reason: event.reason };
    this.#become('closed');
  }

  #remember(frame) {
    this.#requests.set(frame.requestKey, frame);
    if (this.#requests.size > MaxRequests) this.#requests.delete(this.#requests.keys().next().value);
  }

  #become(state) {
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #emit(frame) {
    delete frame.value;
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
  }
}

function describe(direction, text) {
  const value = parse(text);
  const id = value?.request_id;
  return {
    direction, text, value,
    at: new Date(),
    clock: performance.now(),
    bytes: encoder.encode(text).length,
    type: typeof value?.type === 'string' ? value.type : null,
    error: value?.type === 'error' ? String(value.error) : null,
    requestId: id === undefined || id === null ? null : String(id),
    // 1 and "1" are two ids.
    requestKey: id === undefined || id === null ? null : JSON.stringify(id),
    elapsed: null,
  };
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
