// A connection's tab and panel.

import { startComposer } from './composer.js';
import { Advice } from './closecodes.js';
import { announce, el, parts, pluginChip, setText } from './dom.js';
import { FrameLog } from './framelog.js';

let count = 0;

export class ConnectionPanel {
  #connection;
  #parts;
  #log;
  #unread = 0;
  #badge = el('span', { className: 'unread', hidden: true });
  #dot = el('span', { className: 'dot', 'aria-hidden': 'true' });
  #state = el('span', { className: 'visually-hidden' });
  #announced = '';

  /** Makes the elements; `onRemove` is called when the tab shall go. */
  constructor(connection, onRemove) {
    this.#connection = connection;
    const number = ++count;
    this.element = document.getElementById('connection-template').content.cloneNode(true).firstElementChild;
    this.element.id = `panel-${number}`;
    this.element.setAttribute('aria-labelledby', `tab-${number}`);
    this.tab = el('button', { id: `tab-${number}`, type: 'button', className: 'tab', role: 'tab', 'aria-controls': this.element.id },
      this.#dot, el('bdi', {}, connection.user || '(no user)'), el('span', { className: 'ordinal' }, `#${number}`), this.#badge, this.#state);
    this.#parts = parts(this.element);
    this.#log = new FrameLog(this.#parts);
    startComposer(this.#parts, text => connection.send(text));
    this.#parts.user.textContent = connection.user || '(no user)';
    this.#parts.disconnect.addEventListener('click', () => connection.close());
    this.#parts.reconnect.addEventListener('click', () => {
      connection.open();
      this.focusEditor();
    });
    this.#parts.remove.addEventListener('click', onRemove);
    connection.addEventListener('change', () => this.#show());
    connection.addEventListener('frame', event => this.#add(event.detail));
  }

  get tenant() {
    return this.#connection.tenant;
  }

  /** Shows or hides the panel. */
  select(selected) {
    this.element.hidden = !selected;
    this.tab.setAttribute('aria-selected', String(selected));
    this.tab.tabIndex = selected ? 0 : -1;
    if (!selected) return;
    this.#unread = 0;
    this.#badge.hidden = true;
    this.#log.shown();
  }

  focusEditor() {
    this.#parts.editor.focus();
  }

  remove() {
    this.#connection.abandon();
    this.element.remove();
    this.tab.remove();
  }

  #add(frame) {
    this.#log.add(frame);
    if (frame.direction !== 'in') return;
    if (this.element.hidden) {
      this.#unread++;
      this.#badge.hidden = false;
      setText(this.#badge, this.#unread > 99 ? '99+' : String(this.#unread));
    } else {
      announce(frame.error ? `Error ${frame.error}` : `Received ${frame.type ?? 'a frame'}`);
    }
  }

  #show() {
    const { state, id, clients, plugins, closed, tenant, user } = this.#connection;
    const { disconnect, reconnect, send } = this.#parts;
    for (const each of [this.#dot, this.#parts.state]) each.dataset.state = state;
    setText(this.#parts.state, state);
    setText(this.#state, ` ${state}`);
    const facts = [`tenant ${tenant || 'default'}`];
    if (id) facts.push(`connection ${id}`, clients === 1 ? 'the user’s only one on joining' : `one of ${clients} on joining`);
    setText(this.#parts.facts, facts.join(' · '));
    this.#parts.plugins.replaceChildren(...[...plugins].map(([prefix, plugin]) => pluginChip(prefix, plugin)));
    // A button that goes away takes the focus with it: it is handed on.
    const held = document.activeElement === disconnect;
    disconnect.hidden = state === 'closed';
    reconnect.hidden = state !== 'closed';
    if (held && disconnect.hidden) reconnect.focus();
    send.disabled = state !== 'open';
    this.#showClose(closed);
    this.#say(closed ? `${user || 'Connection'} closed, code ${closed.code}, ${closed.name}` : `${user || 'Connection'} ${state}`);
  }

  #showClose(closed) {
    this.#parts.close.hidden = !closed;
    if (!closed) return;
    this.#parts.close.dataset.reconnect = closed.reconnect;
    this.#parts.close.replaceChildren(
      el('strong', {}, `Closed ${closed.code}`), ' ', el('code', {}, closed.reason || closed.name), ` · ${closed.meaning} `,
      el('span', { className: 'advice' }, Advice[closed.reconnect]));
  }

  #say(text) {
    if (text === this.#announced) return;
    this.#announced = text;
    announce(text);
  }
}
