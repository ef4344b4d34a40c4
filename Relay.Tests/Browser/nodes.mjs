// Nodes on the console.

import assert from 'node:assert/strict';
import { someone } from './actions.mjs';
import { onPage } from './chromium.mjs';

const card = (page, node) => page.locator('.node', { has: page.getByText(node, { exact: true }) });

/** A node that serves nothing but is there, dialled from the page: Node has no WebSocket of its own everywhere. */
const dialIn = (page, hello) => page.evaluate(async hello => {
  const socket = window.nodeSocket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/nodes`, 'relay.node.v1');
  await new Promise((welcomed, failed) => {
    socket.onerror = failed;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: 'test', ...hello }));
    socket.onmessage = welcomed;
  });
}, hello);

onPage('a node is shown with its models, is drained, and takes requests again', async page => {
  const id = someone('<b>desk</b>');
  await dialIn(page, { node_id: id, models: ['llama3', '<i>m</i>'], capacity: 4 });
  const shown = card(page, id);
  await shown.waitFor();
  assert.deepEqual((await shown.locator('.chip').allTextContents()).sort(), ['<i>m</i>', 'llama3']);
  await shown.getByText('0 of 4 places taken').waitFor();
  await shown.getByRole('button', { name: 'Drain' }).click();
  await shown.getByText('draining', { exact: true }).waitFor();
  await shown.getByRole('button', { name: 'Take requests again' }).click();
  await shown.getByText('ready', { exact: true }).waitFor();
  await page.evaluate(() => window.nodeSocket.close());
  await card(page, id).waitFor({ state: 'detached' });
});
