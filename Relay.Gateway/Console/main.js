// Puts the page together.

import { RelayConnection } from './connection.js';
import { setText } from './dom.js';
import { HubsPanel } from './hubs.js';
import { useToken } from './identity.js';
import { NodesPanel } from './nodes.js';
import { ConnectionPanel } from './panel.js';
import { Tabs } from './tabs.js';

const form = document.getElementById('connect');
const fault = document.getElementById('connect-fault');
const hubs = new HubsPanel();
const nodes = new NodesPanel();
const tabs = new Tabs(document.getElementById('tabs'), document.getElementById('panels'), {
  onChange: showSelected,
  onEmpty: () => form.elements.user.focus(),
});

function showSelected() {
  document.getElementById('empty').hidden = tabs.length > 0;
  for (const panel of [hubs, nodes]) panel.watch(tabs.selected?.tenant ?? form.elements.tenant.value);
}

function connect(user, tenant, token) {
  const connection = new RelayConnection(user, tenant, token);
  const panel = new ConnectionPanel(connection, () => tabs.remove(panel));
  tabs.add(panel);
  connection.open();
  panel.focusEditor();
}

form.addEventListener('submit', event => {
  event.preventDefault();
  setText(fault, '');
  try {
    connect(form.elements.user.value, form.elements.tenant.value, useToken(form.elements.token.value));
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem;
    setText(fault, problem.message);
  }
});
form.elements.tenant.addEventListener('change', showSelected);
form.elements.token.addEventListener('change', () => {
  setText(fault, '');
  try {
    useToken(form.elements.token.value);
  } catch (problem) {
    setText(fault, problem.message);
  }
});

// On /t/{tenant} that tenant is the one to begin with.
const [, mark, tenant] = location.pathname.split('/');
if (mark === 't' && tenant) form.elements.tenant.value = decodeURIComponent(tenant);
showSelected();
form.elements.user.focus();
