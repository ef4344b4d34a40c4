// The hubs of a tenant, asked for every second while the page is visible.

import { el, pluginChip, setText } from './dom.js';
import { authorized } from './identity.js';

const Interval = 1000;
const Patience = 5000;
const PageSize = 100;

const byId = id => document.getElementById(id);

export class HubsPanel {
  #tenant = '';
  #after = null;
  #next = null;
  #timer = 0;
  #asked = null;
  #cards = new Map();

  constructor() {
    byId('hubs-first').addEventListener('click', () => this.#turnTo(null));
    byId('hubs-next').addEventListener('click', () => this.#turnTo(this.#next));
    document.addEventListener('visibilitychange', () => this.#restart());
  }

  /** Shows the hubs of a tenant, "" for the default one. */
  watch(tenant) {
    if (this.#asked && tenant === this.#tenant) return;
    this.#tenant = tenant;
    setText(byId('hubs-tenant'), tenant || 'default');
    this.#turnTo(null);
  }

  #turnTo(after) {
    this.#after = after;
    this.#restart();
  }

  #restart() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    if (document.hidden) this.#state('paused');
    else this.#ask();
  }

  async #ask() {
    const asked = this.#asked = new AbortController();
    try {
      const response = await fetch(this.#address(), authorized({ signal: AbortSignal.any([asked.signal, AbortSignal.timeout(Patience)]), cache: 'no-store' }));
      if (response.status === 401 || response.status === 403) this.#state('no access', 'A token with the role publisher or operator is needed.');
      else if (!response.ok) throw new Error(`the relay answered ${response.status}`);
      else await this.#take(response, asked);
    } catch (fault) {
      if (asked.signal.aborted) return;
      this.#state('unreachable', fault.message);
    }
    if (!asked.signal.aborted) this.#timer = setTimeout(() => this.#ask(), Interval);
  }

  async #take(response, asked) {
    const listing = await response.json();
    if (asked.signal.aborted) return;
    this.#show(listing);
    this.#state('live');
  }

  #address() {
    const base = this.#tenant ? `/t/${encodeURIComponent(this.#tenant)}` : '';
    const query = new URLSearchParams({ limit: PageSize });
    if (this.#after !== null) query.set('after', this.#after);
    return `${base}/api/v1/hubs?${query}`;
  }

  #state(state, why = '') {
    const badge = byId('hubs-state');
    badge.dataset.state = state;
    badge.title = why;
    setText(badge, state);
  }

  #show({ total, connections, hubs, next }) {
    setText(byId('hubs-total'), String(total));
    setText(byId('hubs-connections'), String(connections));
    this.#next = next;
    byId('hubs-first').hidden = this.#after === null;
    byId('hubs-next').hidden = next === null;
    // Cards are kept and changed, not made anew each second: a selection or a scroll position in them stays.
    const cards = hubs.map(hub => {
      const card = this.#cards.get(hub.user_id) ?? new HubCard(hub.user_id);
      card.show(hub);
      return [hub.user_id, card];
    });
    this.#cards = new Map(cards);
    const wanted = cards.map(([, card]) => card.element);
    const list = byId('hubs-list');
    if (wanted.length === 0) wanted.push(el('li', { className: 'none' }, 'No hub: nobody has connected, or all were collected.'));
    if (wanted.length !== list.children.length || wanted.some((each, i) => each !== list.children[i])) list.replaceChildren(...wanted);
  }
}

class HubCard {
  #shown = '';
  #phase = el('span', { className: 'badge' });
  #facts = el('p', { className: 'facts' });
  #plugins = el('ul', { className: 'chips' });

  constructor(user) {
    this.element = el('li', { className: 'hub' }, el('div', { className: 'hub-head' }, el('bdi', { className: 'user' }, user), this.#phase), this.#facts, this.#plugins);
    this.#plugins.setAttribute('aria-label', 'Plugin states');
  }

  show(hub) {
    const now = JSON.stringify(hub);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#phase.dataset.state = hub.phase;
    setText(this.#phase, hub.phase);
    const count = hub.connections.length;
    const facts = [count === 1 ? '1 connection' : `${count} connections`];
    if (count === 0) facts.push(`idle for ${hub.idle_seconds} s`);
    if (hub.groups.length > 0) facts.push(`groups ${hub.groups.join(', ')}`);
    setText(this.#facts, facts.join(' · '));
    this.#facts.title = hub.connections.join('\n');
    this.#plugins.replaceChildren(...Object.entries(hub.plugins).map(([prefix, plugin]) => pluginChip(prefix, plugin)));
  }
}
