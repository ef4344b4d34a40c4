// Keyboard, names, colours, narrow screens.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connect, hub, rows, send, someone } from './actions.mjs';
import { onPage } from './chromium.mjs';

/** A picture of the page; kept in the folder SCREENSHOTS when there is one. */
async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  return page.screenshot({ path: folder ? join(folder, `${name}.png`) : undefined });
}

onPage('the keyboard alone connects, sends, changes tabs and closes them', async page => {
  const focus = () => page.evaluate(() => document.activeElement.dataset.part ?? document.activeElement.textContent);
  const [alice, bob] = [someone('alice'), someone('bob')];
  await page.keyboard.type(alice);
  await page.keyboard.press('Enter');
  const panel = page.locator('.connection:not([hidden])');
  await rows(panel, 'welcome').waitFor();
  assert.equal(await focus(), 'editor');
  await page.keyboard.press('Control+Enter');
  await rows(panel, 'echo_said').waitFor();
  // The answer, or that the plugin which gave it runs now.
  assert.match(await page.locator('#announcer').textContent(), /^Received (echo_said|plugin_status)$/);

  // Tab leaves the editor for the button that sends; Shift+Tab goes back.
  await page.keyboard.press('Tab');
  assert.equal(await focus(), 'send');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focus(), 'editor');

  await page.getByLabel('User id').focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type(bob);
  await page.keyboard.press('Enter');
  await rows(panel, 'welcome').waitFor();
  // Three fields, the button, then the one tab stop of all tabs.
  await page.getByLabel('User id').focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press('Tab');
  assert.match(await focus(), new RegExp(bob));
  await page.keyboard.press('ArrowLeft');
  assert.match(await focus(), new RegExp(alice));
  assert.equal(await panel.locator('h2').textContent(), alice);
  await page.keyboard.press('Delete');
  assert.match(await focus(), new RegExp(bob));
  await page.keyboard.press('Delete');
  assert.equal(await page.getByRole('tab').count(), 0);
  assert.equal(await page.locator('#empty').isVisible(), true);
  assert.equal(await page.evaluate(() => document.activeElement.name), 'user');
});

onPage('the skip link is the first stop and leads to the connections', async page => {
  await page.keyboard.press('Shift+Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'work');
});

onPage('what has the focus is outlined', async page => {
  await connect(page, someone('alice'));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid');
});

onPage('a button that goes away hands the focus on', async page => {
  const panel = await connect(page, someone('alice'));
  await panel.getByRole('button', { name: 'Disconnect' }).focus();
  await page.keyboard.press('Enter');
  await panel.getByText('Closed 1000').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.part), 'reconnect');
});

onPage('every control has a name, and no id is there twice', async page => {
  await connect(page, someone('alice'));
  await connect(page, someone('bob'));
  const nameless = await page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea, [role=tabpanel], [role=tab], [role=log], [role=group]')]
    .filter(each => !each.textContent.trim() && !each.ariaLabel && !each.labels?.length && !each.getAttribute('aria-labelledby'))
    .map(each => each.outerHTML));
  assert.deepEqual(nameless, []);
  const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(each => each.id));
  assert.equal(new Set(ids).size, ids.length);
});

onPage('it follows the system into light and dark, and can be read in both', async page => {
  const alice = someone('alice');
  const panel = await connect(page, alice);
  await panel.getByRole('button', { name: 'Send' }).click();
  await rows(panel, 'echo_said').waitFor();
  await send(panel, '{"type":');
  await rows(panel, 'invalid_json').waitFor();
  await hub(page, alice).waitFor();
  const pictures = [];
  const backgrounds = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    pictures.push(await picture(page, colorScheme));
    backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    assert.deepEqual(await page.evaluate(contrasts), []);
  }
  assert.notDeepEqual(pictures[0], pictures[1]);
  assert.deepEqual(backgrounds, ['rgb(238, 241, 244)', 'rgb(15, 20, 24)']);
});

for (const width of [400, 760]) {
  onPage(`nothing is cut off at ${width} pixels`, async page => {
    const panel = await connect(page, someone('a-user-with-a-rather-long-name-'.repeat(4)));
    await panel.getByRole('button', { name: 'Send' }).click();
    await rows(panel, 'echo_said').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await picture(page, `width-${width}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    const outside = await page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea')]
      .filter(each => each.getClientRects().length > 0 && !each.closest('.tabs'))
      .filter(each => each.getBoundingClientRect().left < 0 || each.getBoundingClientRect().right > innerWidth)
      .map(each => each.outerHTML));
    assert.deepEqual(outside, []);
  }, { viewport: { width, height: 800 } });
}

/** Runs in the page: texts whose contrast with what is behind them is under WCAG's 4.5. */
function contrasts() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
    .map(each => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
    .reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const ownText = element => [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  return [...document.querySelectorAll('body *')]
    .filter(each => each.checkVisibility({ visibilityProperty: true }) && ownText(each) && !each.disabled)
    .map(each => {
      const [a, b] = [light(rgba(getComputedStyle(each).color)), light(behind(each))].sort((x, y) => y - x);
      return { element: `${each.tagName} ${each.className}`, ratio: (a + 0.05) / (b + 0.05) };
    })
    .filter(each => each.ratio < 4.5);
}
