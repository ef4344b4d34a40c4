// The editor of a connection: templates, a word on whether the text is JSON, and sending.

import { el, setText } from './dom.js';
import { isJson, prettyJson } from './json.js';
import { size } from './framerow.js';
import { Templates, templateText, withFreshIds } from './templates.js';

const encoder = new TextEncoder();

/** Brings the editor's parts to life; `send` is given the text and says whether it went out. */
export function startComposer({ composer, templates, editor, hint }, send) {
  const showHint = () => {
    const text = editor.value;
    const valid = isJson(text);
    hint.classList.toggle('warn', !valid);
    const bytes = size(encoder.encode(text).length);
    setText(hint, valid ? `JSON · ${bytes} · "$id" becomes a fresh request_id` : `Not JSON · ${bytes} · is sent as it stands`);
  };
  const set = text => {
    editor.value = text;
    editor.setSelectionRange(0, 0);
    editor.scrollTop = 0;
    showHint();
  };

  for (const name of Object.keys(Templates)) {
    const button = el('button', { type: 'button', className: 'template' }, name);
    button.addEventListener('click', () => {
      set(templateText(name));
      editor.focus();
    });
    templates.append(button);
  }
  const format = el('button', { type: 'button', className: 'template format' }, 'Format');
  format.addEventListener('click', () => set(prettyJson(editor.value) ?? editor.value));
  templates.append(format);

  editor.addEventListener('input', showHint);
  editor.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  composer.addEventListener('submit', event => {
    event.preventDefault();
    if (!send(withFreshIds(editor.value))) setText(hint, 'Not sent: there is no connection.');
  });
  set(templateText('echo_say'));
}
