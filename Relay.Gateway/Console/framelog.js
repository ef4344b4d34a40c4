// The frames of one connection: a bounded list, shown as rows in batches, with a filter and a pause.

import { frameRow } from './framerow.js';
import { setText } from './dom.js';

// Beside the number of rows: a list of large frames must not fill the memory.
const MaxChars = 8 * 1024 * 1024;

export class FrameLog {
  #frames = [];
  #chars = 0;
  #waiting = [];
  #paused = false;
  #following = true;
  #scheduled = false;
  #parts;

  constructor(parts) {
    this.#parts = parts;
    parts.filter.addEventListener('input', () => this.#rebuild());
    for (const each of [parts.direction, parts.keep, parts.compact]) each.addEventListener('change', () => this.#rebuild());
    parts.pause.addEventListener('click', () => this.#pause());
    parts.clear.addEventListener('click', () => this.#clear());
    parts.newest.addEventListener('click', () => this.#follow());
    parts.log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#count();
  }

  add(frame) {
    this.#frames.push(frame);
    this.#chars += frame.text.length;
    this.#waiting.push(frame);
    this.#trim();
    this.#schedule();
  }

  /** To be called when the log becomes visible: what is hidden has no scroll position. */
  shown() {
    if (this.#following) this.#follow();
  }

  #trim() {
    const keep = Number(this.#parts.keep.value);
    while (this.#frames.length > keep || (this.#chars > MaxChars && this.#frames.length > 1)) {
      const old = this.#frames.shift();
      this.#chars -= old.text.length;
      old.gone = true;
      // A paused view stands still; it is made anew when it goes on.
      if (!this.#paused) this.#drop(old);
    }
    // Nobody waits for rows of frames that are gone already.
    if (this.#waiting.length > 2 * keep) this.#waiting = this.#waiting.filter(each => !each.gone);
  }

  #drop(frame) {
    frame.row?.remove();
    frame.row = null;
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // One batch per painted picture; a hidden page paints none, and its list stays bounded all the same.
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#show();
    });
  }

  #show() {
    if (!this.#paused) {
      const fresh = this.#waiting.filter(frame => !frame.gone && this.#matches(frame));
      this.#waiting = [];
      this.#parts.rows.append(...fresh.map(frame => (frame.row = frameRow(frame, this.#parts.compact.checked))));
      if (this.#following) this.#follow();
    }
    this.#count();
  }

  #rebuild() {
    for (const frame of this.#frames) frame.row = null;
    this.#parts.rows.replaceChildren();
    this.#waiting = [...this.#frames];
    this.#trim();
    const paused = this.#paused;
    this.#paused = false;
    this.#show();
    this.#paused = paused;
  }

  #matches(frame) {
    const direction = this.#parts.direction.value;
    if (direction === 'error' ? frame.error === null : direction !== '' && frame.direction !== direction) return false;
    const wanted = this.#parts.filter.value.trim().toLowerCase();
    return wanted === '' || frame.text.toLowerCase().includes(wanted);
  }

  #pause() {
    this.#paused = !this.#paused;
    this.#parts.pause.setAttribute('aria-pressed', String(this.#paused));
    if (!this.#paused) this.#rebuild();
    this.#count();
  }

  #clear() {
    this.#frames = [];
    this.#waiting = [];
    this.#chars = 0;
    this.#parts.rows.replaceChildren();
    this.#follow();
    this.#count();
  }

  #follow() {
    this.#following = true;
    this.#parts.log.scrollTop = this.#parts.log.scrollHeight;
    this.#parts.newest.hidden = true;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#parts.log;
    if (clientHeight === 0) return;
    this.#following = scrollHeight - scrollTop - clientHeight < 24;
    this.#parts.newest.hidden = this.#following;
  }

  #count() {
    const [rows, kept, waiting] = [this.#parts.rows.childElementCount, this.#frames.length, this.#waiting.filter(each => !each.gone).length];
    const text = rows === kept ? `${kept} of at most ${this.#parts.keep.value} frames` : `${rows} of ${kept} frames shown`;
    setText(this.#parts.count, this.#paused ? `Paused · ${waiting} new` : text);
  }
}
