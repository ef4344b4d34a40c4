// Formats JSON from its own text. JSON.parse and stringify would round large numbers and drop repeated members,
// and a page that shows frames must show what was on the wire.

const Token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;

export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Splits JSON into pieces of `{ kind, text }` that are indented when put together; null when it is no JSON. */
export function formatJson(text) {
  if (!isJson(text)) return null;
  const tokens = text.match(Token);
  const pieces = [];
  let depth = 0;
  const put = (kind, value) => pieces.push({ kind, text: value });
  const line = () => put('space', '\n' + '  '.repeat(Math.min(depth, 40)));
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === '{' || token === '[') {
      const close = token === '{' ? '}' : ']';
      if (tokens[i + 1] === close) {
        put('mark', token + close);
        i++;
        continue;
      }
      put('mark', token);
      depth++;
      line();
    } else if (token === '}' || token === ']') {
      depth--;
      line();
      put('mark', token);
    } else if (token === ',') {
      put('mark', ',');
      line();
    } else if (token === ':') {
      put('mark', ': ');
    } else {
      put(kindOf(token, tokens[i + 1]), token);
    }
  }
  return pieces;
}

/** The formatted text without colours. */
export function prettyJson(text) {
  return formatJson(text)?.map(piece => piece.text).join('') ?? null;
}

function kindOf(token, next) {
  if (token[0] === '"') return next === ':' ? 'name' : 'string';
  return token === 'true' || token === 'false' || token === 'null' ? 'word' : 'number';
}
