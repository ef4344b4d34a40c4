// What a person does on the console.

/** A user that no other test has, so that tests may run in any order against one relay. */
export const someone = name => `${name}-${process.pid}-${Date.now().toString(36)}${(serial++).toString(36)}`;
let serial = 0;

/** Connects by the form and waits for the welcome; gives the new tab's panel. */
export async function connect(page, user, tenant = '') {
  const panel = await begin(page, user, tenant);
  await panel.locator('.frame', { hasText: 'welcome' }).first().waitFor();
  return panel;
}

/** Connects by the form and waits for nothing. */
export async function begin(page, user, tenant = '') {
  await page.getByLabel('User id').fill(user);
  await page.getByLabel('Tenant').fill(tenant);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  return page.locator('.connection:not([hidden])');
}

export async function send(panel, text) {
  await panel.getByLabel('Frame to send').fill(text);
  await panel.getByRole('button', { name: 'Send' }).click();
}

/** The rows of the log that carry a frame of this type, or this error. */
export const rows = (panel, type) => panel.locator('.frame', { has: panel.page().locator('.type', { hasText: new RegExp(`^${type}$`) }) });

/** A user's card in the list of hubs. */
export const hub = (page, user) => page.locator('.hub', { has: page.getByText(user, { exact: true }) });

/** A row's frame as an object. */
export const frameOf = async row => JSON.parse(await row.locator('pre').textContent());
