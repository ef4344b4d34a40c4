// Everything that the page shows goes through here or through textContent: text stays text.

/** Makes an element with properties, data-… under `data`, aria and role as attributes, and children that are nodes or text. */
export function el(name, props = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key === 'data') Object.assign(element.dataset, value);
    else if (key === 'role' || key.startsWith('aria-')) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** The elements of a cloned template by their data-part. */
export function parts(root) {
  return Object.fromEntries([...root.querySelectorAll('[data-part]')].map(each => [each.dataset.part, each]));
}

/** Changes an element's text only when it differs, so that a selection in it stays. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Tells assistive technology what happened. */
export function announce(text) {
  document.getElementById('announcer').textContent = text;
}

/** A plugin's chip: prefix, state, crashes. */
export function pluginChip(prefix, { status, crashes = 0 }) {
  const chip = el('li', { className: 'chip', data: { status } }, el('code', {}, prefix), ` ${status}`);
  if (crashes > 0) chip.append(el('b', {}, crashes === 1 ? ' · 1 crash' : ` · ${crashes} crashes`));
  return chip;
}
