// What the log shows, and what it must not do.

import assert from 'node:assert/strict';
import { begin, connect, frameOf, hub, rows, send, someone } from './actions.mjs';
import { onPage } from './chromium.mjs';

const echo = data => JSON.stringify({ type: 'echo_say', request_id: '$id', data });

onPage('a hostile user id and hostile frames are text', async page => {
  const hostile = `<img src=x onerror="window.pwned=1">${someone('mallory')}`;
  const panel = await connect(page, hostile);
  assert.equal(await panel.locator('h2').textContent(), hostile);
  assert.equal((await frameOf(rows(panel, 'welcome'))).user_id, hostile);
  await hub(page, hostile).waitFor();
  for (const text of ['<script>window.pwned=1</script>', '<img src=x onerror=window.pwned=1>', '</pre><svg onload=window.pwned=1>']) await send(panel, echo(text));
  await send(panel, '{"type":"<img src=x onerror=window.pwned=1>","request_id":"<img src=x onerror=window.pwned=1>"}');
  await rows(panel, 'plugin_not_found').waitFor();
  await rows(panel, 'echo_said').nth(2).waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  // The page's own icon is the only picture there is.
  assert.equal(await page.locator('img, svg, script:not([src])').count(), 1);
});

onPage('markup that is put into the page by force does not run', async page => {
  const [fault, violation] = await page.evaluate(async () => {
    const told = new Promise(resolve => document.addEventListener('securitypolicyviolation', resolve, { once: true }));
    try {
      document.body.innerHTML = '<img src=x onerror="window.pwned=1">';
      return ['none', 'none'];
    } catch (thrown) {
      const event = await told;
      window.violations = [];
      return [thrown.name, event.violatedDirective];
    }
  });
  assert.equal(fault, 'TypeError');
  assert.equal(violation, 'require-trusted-types-for');
}, { expected: /TrustedHTML/ });

onPage('a number is shown as it was on the wire', async page => {
  const panel = await connect(page, someone('alice'));
  await send(panel, '{"type":"echo_say","data":{"n":12345678901234567890,"f":1.50,"n":1e400}}');
  await rows(panel, 'echo_said').waitFor();
  const shown = await rows(panel, 'echo_said').locator('pre').textContent();
  for (const number of ['12345678901234567890', '1.50', '1e400']) assert.ok(shown.includes(number), shown);
});

onPage('a big frame starts collapsed and opens whole', async page => {
  const panel = await connect(page, someone('alice'));
  await send(panel, echo('y'.repeat(50_000)));
  const row = rows(panel, 'echo_said');
  await row.waitFor();
  assert.equal(await row.locator('pre').count(), 0);
  await row.locator('summary').click();
  await row.locator('pre').waitFor();
  assert.ok((await row.locator('pre').textContent()).includes('y'.repeat(50_000)));
});

onPage('the log keeps no more rows than it says', async page => {
  const panel = await connect(page, someone('alice'));
  await panel.getByLabel('Rows kept').selectOption('100');
  await panel.getByLabel('Frame to send').fill(echo('again'));
  await panel.getByLabel('Frame to send').evaluate(editor => {
    for (let i = 0; i < 250; i++) editor.form.requestSubmit();
  });
  await send(panel, echo('the last one'));
  await rows(panel, 'echo_said').filter({ hasText: 'the last one' }).waitFor();
  assert.equal(await panel.locator('.frame').count(), 100);
  await panel.getByText('100 of at most 100 frames').waitFor();
});

onPage('filter and direction choose rows, and clear removes them', async page => {
  const panel = await connect(page, someone('alice'));
  await send(panel, echo('apple'));
  await send(panel, echo('pear'));
  await rows(panel, 'echo_said').nth(1).waitFor();
  await panel.getByLabel('Filter frames').fill('APPLE');
  assert.equal(await panel.locator('.frame').count(), 2);
  await panel.getByLabel('Direction').selectOption('in');
  assert.equal(await panel.locator('.frame').count(), 1);
  await panel.getByLabel('Filter frames').fill('');
  await panel.getByLabel('Direction').selectOption('error');
  assert.equal(await panel.locator('.frame').count(), 0);
  await panel.getByLabel('Direction').selectOption('');
  assert.equal(await rows(panel, 'echo_said').count(), 2);
  await panel.getByRole('button', { name: 'Clear' }).click();
  assert.equal(await rows(panel, 'echo_said').count(), 0);
  assert.equal(await rows(panel, 'welcome').count(), 0);
});

onPage('a paused log stands still, says how much is new, and shows it when it goes on', async page => {
  const panel = await connect(page, someone('alice'));
  const pause = panel.getByRole('button', { name: 'Pause' });
  await pause.click();
  assert.equal(await pause.getAttribute('aria-pressed'), 'true');
  await send(panel, echo('unseen'));
  // At least the frame and its answer; a plugin that starts is told of as well.
  await panel.getByText(/^Paused · [2-9] new$/).waitFor();
  assert.equal(await rows(panel, 'echo_say').count(), 0);
  await pause.click();
  await rows(panel, 'echo_said').waitFor();
  assert.equal(await rows(panel, 'echo_say').count(), 1);
});

onPage('a tenant that a browser cannot address is refused in words', async page => {
  await begin(page, 'alice', '..');
  await page.getByRole('alert').getByText('cannot address a tenant').waitFor();
  assert.equal(await page.getByRole('tab').count(), 0);
});
