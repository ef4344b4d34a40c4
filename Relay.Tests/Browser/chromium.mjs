// Starts Chromium, and runs a test on the console in it, noting everything that must not happen.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const Flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** The relay's origin. */
export const base = new URL(process.argv[2] ?? process.env.RELAY_URL ?? 'http://127.0.0.1:8080').origin;

let browser;
// Each launch has a new, empty profile folder.
before(async () => (browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: Flags })));
after(() => browser?.close());

/**
 * Runs a test on a fresh page, and fails it when the page raised an error, logged one, opened a dialog, violated its
 * policy or asked another origin for anything. `options` are the browser context's, and beside them the `path` to open
 * and an `expected` pattern of lines on the browser's console.
 */
export function onPage(name, body, options) {
  test(name, { timeout: 60_000 }, async () => {
    const { page, faults, close } = await openConsole(options);
    try {
      await body(page);
      assert.deepEqual([...faults, ...await page.evaluate(() => window.violations)], []);
    } finally {
      await close();
    }
  });
}

/** Opens the console; `faults` collects what must not happen. */
export async function openConsole({ origin = base, path = '/', expected, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', error => faults.push(`error: ${error.message}`));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type()) && !expected?.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('request', request => new URL(request.url()).origin === origin || faults.push(`request to ${request.url()}`));
  page.on('dialog', dialog => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', event => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(origin + path);
  await page.locator('#hubs-state[data-state=live]').waitFor();
  return { page, faults, close: () => context.close() };
}
