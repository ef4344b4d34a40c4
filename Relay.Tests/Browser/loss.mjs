// What the page says when a connection or the relay is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, rows, someone } from './actions.mjs';
import { base, onPage, openConsole } from './chromium.mjs';
import { startProxy } from './proxy.mjs';

test('a relay that goes away is said to be unreachable, and comes back', { timeout: 60_000 }, async () => {
  const proxy = await startProxy(base);
  const { page, faults, close } = await openConsole({ origin: proxy.origin, expected: /net::ERR_|WebSocket connection/ });
  try {
    const panel = await connect(page, someone('alice'));
    await proxy.cut();
    await panel.getByText('Closed 1006').waitFor();
    await page.locator('#hubs-state[data-state=unreachable]').waitFor();
    await panel.getByRole('button', { name: 'Reconnect' }).click();
    await panel.getByText('Closed 1006').waitFor();
    await proxy.mend();
    await page.locator('#hubs-state[data-state=live]').waitFor();
    await panel.getByRole('button', { name: 'Reconnect' }).click();
    await rows(panel, 'welcome').nth(1).waitFor();
    assert.deepEqual(faults, []);
  } finally {
    await close();
    await proxy.cut();
  }
});

onPage('a page that is not visible does not poll', async page => {
  const hide = hidden => page.evaluate(value => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await page.locator('#hubs-state[data-state=paused]').waitFor();
  const asked = page.waitForRequest(/\/api\/v1\/hubs/);
  await hide(false);
  await asked;
  await page.locator('#hubs-state[data-state=live]').waitFor();
});

onPage('a close code that two reasons share is told apart by its reason', async page => {
  const explain = (code, reason) => page.evaluate(async ([code, reason]) => (await import('/console/closecodes.js')).explainClose(code, reason), [code, reason]);
  assert.equal((await explain(4401, 'token_expired')).reconnect, 'at once');
  assert.equal((await explain(4401, 'missing_user_id')).reconnect, 'never');
  assert.equal((await explain(1001, '')).name, 'going_away');
  assert.equal((await explain(4999, 'something_new')).name, 'something_new');
});
