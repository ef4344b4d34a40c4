// Who asks: the token of the form, kept in the page's memory and nowhere else.

let token = '';

/** Takes the token that requests carry from now on, "" for none. Throws a RangeError with a sentence for a person when it is none. */
export function useToken(text) {
  const wanted = text.trim();
  if (!/^[\w.~-]*$/.test(wanted)) throw new RangeError('The token has characters that no token has.');
  token = wanted;
  return token;
}

/** What a WebSocket offers, so that the token stands in no address and no log of addresses. */
export function subprotocols(token) {
  return token ? ['relay.v1', `bearer.${token}`] : [];
}

/** The options of a request, with the token. */
export function authorized(options) {
  return token ? { ...options, headers: { Authorization: `Bearer ${token}` } } : options;
}

/** The user that a token names, for a person to see: nothing is verified here. "" when it names none. */
export function subjectOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), each => each.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === 'string' ? sub : '';
  } catch {
    return '';
  }
}
