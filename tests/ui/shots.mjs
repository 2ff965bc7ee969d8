// Pictures of every screen, for a person to look at: `node tests/ui/shots.mjs [folder] [name part]`.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from './browser.mjs';
import { mock } from './mock.mjs';
import { frame, quiet, unknown } from './fixture/answers.mjs';

const folder = process.argv[2] ?? fileURLToPath(new URL('./shots', import.meta.url));
const only = process.argv[3] ?? '';
mkdirSync(folder, { recursive: true });

const never = () => new Promise(() => {});
const failing = () => {
  throw { code: 'database_too_new', message: 'This file was written by a newer Countinghouse.', hint: 'Update Countinghouse, then open it again.', channel: null };
};
const locked = () => {
  throw { code: 'locked', message: 'This profile is locked.', hint: null, channel: null };
};
const two = { profiles: [{ id: 'mill', name: 'Mill & Sons', demo: false, active: true }, { id: 'bakery', name: 'Bakery', demo: false, active: false }], lost: [{ id: 'old', error: { code: 'invalid', message: 'profiles/old/profile.json does not say which profile this is: the file is missing', hint: 'Its ledger is untouched. Put the file back from a backup, or give the profile its name again: “countinghouse profile rename old NAME”.', channel: null } }] };
const trace = '#/overview?open=trace%3Anet_sales%3A2026-10-24%3A2026-11-22';
const SCREENS = [
  ['overview', '#/overview', {}],
  ['quiet', '#/overview', { dashboard: quiet }],
  ['unknown', '#/overview', { dashboard: unknown }],
  ['loading', '#/overview', { dashboard: never }],
  ['error', '#/overview', { frame: failing, profiles: two }],
  ['locked', '#/overview', { frame: locked, profiles: two }],
  ['orders', '#/orders', {}],
  ['trace', trace, {}],
  ['order', '#/orders?open=order%3A1%3Agid%3A%2F%2Fshopify%2FOrder%2F5009', {}],
  ['raw', `${trace}&open=raw%3A42%3Aagreements.nodes%5B0%5D.sales.nodes%5B1%5D.totalTaxAmount.shopMoney.amount`, {}],
  ['report', '#/data/records?open=raw%3A77%3Arow%202', {}],
  ['data', '#/data', {}],
  ['issues', '#/data/issues', {}],
  ['records', '#/data/records', {}],
  ['settings', '#/settings', {}],
  ['start', '#/start', { frame: () => frame({ empty: true, profiles: [], channels: [] }) }],
  ['shopify', '#/start/shopify', { frame: () => frame({ empty: true, profiles: [], channels: [] }) }],
  ['amazon', '#/start/amazon', { frame: () => frame({ empty: true, profiles: [], channels: [] }) }],
  ['amazon-connected', '#/start/amazon', { frame: () => frame({ empty: true, profiles: [], channels: [] }) }],
];
const SIZES = [
  ['light', 1440, 900, 1],
  ['dark', 1440, 900, 1],
  ['light', 900, 800, 1],
  ['dark', 900, 800, 1],
];
if (only === 'wide') SIZES.splice(0, 4, ['light', 3840, 2160, 1], ['light', 720, 450, 2]);

const browser = await chromium();
for (const [name, hash, answers] of SCREENS) {
  if (only && only !== 'wide' && !name.includes(only)) continue;
  const served = await mock(answers);
  for (const [theme, width, height, scale] of SIZES) {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, colorScheme: theme });
    const page = await context.newPage();
    await page.goto(served.url + hash);
    await page.waitForTimeout(500);
    if (name === 'trace') await page.locator('summary').first().click();
    if (name === 'shopify') {
      await page.getByLabel('myshopify.com name').fill('acorn-alder');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Continue' }).click();
    }
    if (name === 'amazon') await page.getByLabel('Region').selectOption('eu');
    if (name === 'amazon-connected') {
      for (const label of ['Client ID', 'Client secret', 'Refresh token']) await page.getByLabel(label, { exact: true }).fill('x');
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
    }
    await page.waitForTimeout(250);
    const over = ['trace', 'order', 'raw', 'report'].includes(name);
    await page.screenshot({ path: `${folder}/${name}-${theme}-${width}.png`, fullPage: !over });
    await context.close();
  }
  served.close();
}
await browser.close();
