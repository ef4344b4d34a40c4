// Frames to begin with. "$id" becomes a fresh request_id whenever a frame is sent.

const Id = '$id';

export const Templates = {
  echo_say: { type: 'echo_say', request_id: Id, data: { text: 'Hello, relay' } },
  session_open: { type: 'session_open', request_id: Id, session_id: 'default' },
  session_set_state: { type: 'session_set_state', request_id: Id, session_id: 'default', data: { state: { note: 'Hello' } } },
  session_get_state: { type: 'session_get_state', request_id: Id, session_id: 'default' },
  session_list: { type: 'session_list', request_id: Id },
  ai_chat: { type: 'ai_chat', request_id: Id, data: { model: 'llama3', messages: [{ role: 'user', content: 'Say hello.' }] } },
};

export const templateText = name => JSON.stringify(Templates[name], null, 2);

/** Puts a fresh request_id where the text asks for one. */
export function withFreshIds(text) {
  // The function form, since a plain replacement would give "$" a meaning of its own.
  return text.replaceAll(`"${Id}"`, () => `"${freshId()}"`);
}

// crypto.randomUUID exists on secure origins only, and the console also runs on a plain address in a private network.
function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return 'r-' + [...bytes].map(each => each.toString(16).padStart(2, '0')).join('');
}
