// Connecting, sending, closing.

import assert from 'node:assert/strict';
import { begin, connect, frameOf, hub, rows, send, someone } from './actions.mjs';
import { onPage } from './chromium.mjs';

onPage('the page loads, takes the focus to the first field and polls the hubs', async page => {
  assert.equal(await page.title(), 'Relay console');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'user');
  assert.match(await page.locator('#hubs-total').textContent(), /^\d+$/);
});

onPage('a user is welcomed, and an echo comes back with its request_id', async page => {
  const alice = someone('alice');
  const panel = await connect(page, alice);
  const welcome = await frameOf(rows(panel, 'welcome'));
  assert.equal(welcome.user_id, alice);
  assert.equal(welcome.client_count, 1);
  await panel.locator('.chip', { hasText: 'echo_' }).waitFor();

  await panel.getByRole('button', { name: 'echo_say' }).click();
  await panel.getByRole('button', { name: 'Send' }).click();
  await rows(panel, 'echo_said').waitFor();
  const [asked, answer] = [await frameOf(rows(panel, 'echo_say')), await frameOf(rows(panel, 'echo_said'))];
  assert.match(asked.request_id, /^r-[0-9a-f]{10}$/);
  assert.equal(answer.request_id, asked.request_id);
  assert.deepEqual(answer.data, asked.data);
  for (const row of [rows(panel, 'echo_say'), rows(panel, 'echo_said')])
    assert.match(await row.locator('.elapsed').textContent(), /^\d+(\.\d+)? m?s$/);

  await panel.getByRole('button', { name: 'Send' }).click();
  await rows(panel, 'echo_said').nth(1).waitFor();
  assert.notEqual((await frameOf(rows(panel, 'echo_said').nth(1))).request_id, asked.request_id);
});

onPage('session_ keeps a state that is set and read back by the templates', async page => {
  const panel = await connect(page, someone('alice'));
  for (const [template, answer] of [['session_open', 'session_opened'], ['session_set_state', 'session_state_set'], ['session_get_state', 'session_state']]) {
    await panel.getByRole('button', { name: template, exact: true }).click();
    await panel.getByRole('button', { name: 'Send' }).click();
    await rows(panel, answer).waitFor();
  }
  assert.deepEqual((await frameOf(rows(panel, 'session_state'))).data.state, { note: 'Hello' });
});

onPage('two connections of a user are two tabs and count as two; closing one leaves one', async page => {
  const alice = someone('alice');
  await connect(page, alice);
  const card = hub(page, alice);
  await card.getByText('1 connection', { exact: false }).waitFor();
  const second = await connect(page, alice);
  assert.equal(await page.getByRole('tab').count(), 2);
  assert.equal((await frameOf(rows(second, 'welcome'))).client_count, 2);
  await card.getByText('2 connections').waitFor();
  await card.locator('.chip[data-status=running]', { hasText: 'session_' }).waitFor();

  await second.getByRole('button', { name: 'Close tab' }).click();
  assert.equal(await page.getByRole('tab').count(), 1);
  await card.getByText('1 connection', { exact: false }).waitFor();
});

onPage('two users are two hubs, and a tab that is not shown counts what it receives', async page => {
  const [alice, bob] = [someone('alice'), someone('bob')];
  await connect(page, alice);
  await connect(page, bob);
  await hub(page, alice).waitFor();
  await hub(page, bob).waitFor();
  const third = await connect(page, alice);
  await send(third, JSON.stringify({ type: 'echo_all', data: 'to all' }));
  const first = page.getByRole('tab', { name: alice }).first();
  await first.locator('.unread', { hasText: /^[1-9]/ }).waitFor();
  await first.click();
  const shown = page.locator('.connection:not([hidden])');
  await rows(shown, 'echo_said').waitFor();
  assert.equal((await frameOf(rows(shown, 'echo_said'))).data, 'to all');
  assert.equal(await first.locator('.unread').isVisible(), false);
  await page.getByRole('tab', { name: bob }).click();
  assert.equal(await rows(shown, 'echo_said').count(), 0);
});

onPage('another tenant is another set of hubs', async page => {
  const [alice, bob] = [someone('alice'), someone('bob')];
  await connect(page, alice);
  await hub(page, alice).waitFor();
  await connect(page, bob, 'acme/é');
  await hub(page, bob).waitFor();
  await hub(page, alice).waitFor({ state: 'detached' });
  assert.equal(await page.locator('#hubs-tenant').textContent(), 'acme/é');
});

onPage('what is not JSON is sent as it stands and answered invalid_json; the connection stays', async page => {
  const panel = await connect(page, someone('alice'));
  await panel.getByLabel('Frame to send').fill('{"type":');
  await panel.getByText('Not JSON').waitFor();
  await panel.getByRole('button', { name: 'Send' }).click();
  await rows(panel, 'invalid_json').waitFor();
  await send(panel, '{"type":"nobody_knows","request_id":7}');
  await rows(panel, 'plugin_not_found').waitFor();
  assert.equal((await frameOf(rows(panel, 'plugin_not_found'))).request_id, 7);
  assert.equal(await panel.locator('.about [data-state]').textContent(), 'open');
});

onPage('a close shows its code, what it means and when to come back', async page => {
  const panel = await connect(page, someone('alice'));
  await panel.getByRole('button', { name: 'Disconnect' }).click();
  await panel.getByText('Closed 1000').waitFor();
  await panel.getByRole('button', { name: 'Reconnect' }).click();
  await rows(panel, 'welcome').nth(1).waitFor();
  assert.equal(await panel.locator('.close-note').isVisible(), false);

  const nobody = await begin(page, '');
  await nobody.getByText('Closed 4401').waitFor();
  await nobody.getByText('something has to change first').waitFor();
  await rows(nobody, 'missing_user_id').waitFor();
  assert.equal(await nobody.getByRole('button', { name: 'Send' }).isDisabled(), true);
});

onPage('a message over the limit is closed 1009', async page => {
  const panel = await connect(page, someone('alice'));
  await send(panel, JSON.stringify({ type: 'echo_say', data: 'x'.repeat(70_000) }));
  await panel.getByText('Closed 1009').waitFor();
});

onPage('the sixth connection of a user is refused with 4429', async page => {
  const alice = someone('alice');
  for (let i = 0; i < 5; i++) await connect(page, alice);
  const sixth = await begin(page, alice);
  await sixth.getByText('Closed 4429').waitFor();
  await sixth.getByText('Reconnect later').waitFor();
});
