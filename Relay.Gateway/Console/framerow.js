// A frame as a row of the log: a line that says what it is, and its JSON, built when it is opened.

import { el } from './dom.js';
import { formatJson } from './json.js';

// Longer frames start collapsed, are not coloured, are cut off until asked for.
const OpenChars = 700;
const ColourChars = 32 * 1024;
const ShownChars = 128 * 1024;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });

/** Makes the row of a frame. */
export function frameRow(frame, compact) {
  const elapsed = el('span', { className: 'elapsed' });
  const summary = el('summary', {},
    el('span', { className: 'arrow', 'aria-hidden': 'true' }, frame.direction === 'in' ? '↓' : '↑'),
    el('span', { className: 'visually-hidden' }, frame.direction === 'in' ? 'received' : 'sent'),
    el('time', { dateTime: frame.at.toISOString() }, clock.format(frame.at)),
    el('bdi', { className: 'type' }, frame.error ?? frame.type ?? '(no type)'),
    elapsed,
    el('span', { className: 'size' }, size(frame.bytes)),
    el('span', { className: 'preview' }, frame.text.slice(0, 300)));
  if (frame.requestId !== null) elapsed.before(el('bdi', { className: 'request', title: 'request_id' }, frame.requestId));
  const body = el('div', { className: 'body' });
  const details = el('details', { open: !compact && frame.text.length <= OpenChars }, summary, body);
  const showBody = () => details.open && body.childNodes.length === 0 && body.append(frameBody(frame.text));
  details.addEventListener('toggle', showBody);
  showBody();
  const row = el('li', { className: 'frame', data: { direction: frame.direction } }, details);
  if (frame.error) row.dataset.error = frame.error;
  const showElapsed = () => {
    if (frame.elapsed === null) return;
    elapsed.textContent = milliseconds(frame.elapsed);
    elapsed.title = frame.direction === 'in' ? 'since the request' : 'until the first answer';
  };
  frame.answered = showElapsed;
  showElapsed();
  return row;
}

function frameBody(text) {
  const pre = el('pre', {});
  if (text.length <= ColourChars) {
    const pieces = formatJson(text);
    if (pieces) pre.append(...pieces.map(piece => (piece.kind === 'space' ? piece.text : el('span', { className: piece.kind }, piece.text))));
    else pre.textContent = text;
    return pre;
  }
  pre.textContent = text.slice(0, ShownChars);
  if (text.length <= ShownChars) return pre;
  const all = el('button', { type: 'button', className: 'quiet' }, 'Show the whole frame');
  all.addEventListener('click', () => {
    pre.textContent = text;
    all.remove();
  });
  return el('div', {}, pre, all);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

const milliseconds = value => (value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`);
