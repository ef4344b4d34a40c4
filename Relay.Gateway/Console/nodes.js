// The nodes and models of a tenant, asked for every two seconds while the page is visible; a node can be drained here.

import { announce, el, setText } from './dom.js';
import { authorized } from './identity.js';

const Interval = 2000;
const Patience = 5000;

const byId = id => document.getElementById(id);

export class NodesPanel {
  #base = '';
  #watched = null;
  #timer = 0;
  #asked = null;
  #cards = new Map();

  constructor() {
    document.addEventListener('visibilitychange', () => this.#restart());
  }

  /** Shows the nodes of a tenant, "" for the default one. */
  watch(tenant) {
    if (tenant === this.#watched) return;
    this.#watched = tenant;
    this.#base = `${tenant ? `/t/${encodeURIComponent(tenant)}` : ''}/api/v1/nodes`;
    this.#restart();
  }

  #restart() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    if (!document.hidden) this.#ask();
  }

  async #ask() {
    const asked = this.#asked = new AbortController();
    try {
      const response = await fetch(this.#base, authorized({ signal: AbortSignal.any([asked.signal, AbortSignal.timeout(Patience)]), cache: 'no-store' }));
      if (response.ok) this.#show(await response.json());
      // Where nodes are switched off there is nothing to show.
      byId('nodes').hidden = !response.ok;
    } catch (fault) {
      if (asked.signal.aborted) return;
    }
    if (!asked.signal.aborted) this.#timer = setTimeout(() => this.#ask(), Interval);
  }

  #show({ nodes, models }) {
    setText(byId('nodes-total'), String(nodes.length));
    setText(byId('nodes-running'), String(nodes.reduce((sum, node) => sum + node.in_flight, 0)));
    setText(byId('nodes-waiting'), String(models.reduce((sum, model) => sum + model.waiting, 0)));
    // Kept and changed, as the hubs are: a button keeps its focus.
    this.#cards = new Map(nodes.map(node => {
      const card = this.#cards.get(node.node_id) ?? new NodeCard(node.node_id, draining => this.#drain(node.node_id, draining));
      card.show(node);
      return [node.node_id, card];
    }));
    const wanted = [...this.#cards.values()].map(card => card.element);
    if (wanted.length === 0) wanted.push(el('li', { className: 'none' }, 'No node: machines that serve models dial in with relay-agent node.'));
    const list = byId('nodes-list');
    if (wanted.length !== list.children.length || wanted.some((each, i) => each !== list.children[i])) list.replaceChildren(...wanted);
    const waiting = models.filter(model => model.waiting > 0 || model.nodes === 0);
    byId('nodes-models').hidden = waiting.length === 0;
    setText(byId('nodes-models'), waiting.map(model => `${model.model}: ${model.nodes} nodes, ${model.waiting} waiting`).join(' · '));
  }

  async #drain(node, draining) {
    const response = await fetch(`${this.#base}/${encodeURIComponent(node)}/drain`, authorized({ method: draining ? 'POST' : 'DELETE' }));
    announce(response.ok ? `${node} ${draining ? 'drains' : 'takes requests again'}` : `The relay answered ${response.status}`);
    this.#restart();
  }
}

class NodeCard {
  #draining = false;
  #state = el('span', { className: 'badge' });
  #facts = el('p', { className: 'facts' });
  #models = el('ul', { className: 'chips' });
  #button = el('button', { type: 'button' });

  constructor(node, drain) {
    this.element = el('li', { className: 'hub node' }, el('div', { className: 'hub-head' }, el('bdi', { className: 'user' }, node), this.#state), this.#facts, this.#models, this.#button);
    this.#models.setAttribute('aria-label', 'Models');
    this.#button.addEventListener('click', () => drain(!this.#draining));
  }

  show({ models, capacity, in_flight, draining }) {
    this.#draining = draining;
    this.#state.dataset.state = draining ? 'closing' : 'open';
    setText(this.#state, draining ? 'draining' : in_flight >= capacity ? 'full' : 'ready');
    setText(this.#facts, `${in_flight} of ${capacity} places taken`);
    setText(this.#button, draining ? 'Take requests again' : 'Drain');
    const shown = [...this.#models.children].map(each => each.textContent);
    if (shown.length !== models.length || models.some((model, i) => model !== shown[i])) this.#models.replaceChildren(...models.map(model => el('li', { className: 'chip' }, el('bdi', {}, model))));
  }
}
