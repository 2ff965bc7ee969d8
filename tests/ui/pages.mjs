// The pages in a real browser, against invented answers: keyboard, screen-reader names, contrast (axe), hostile texts, widths,
// strict content security policy, states. `node tests/ui/pages.mjs [name part]` after `npm run build` in ui/.
import { AXE, chromium } from './browser.mjs';
import { mock } from './mock.mjs';
import { frame, HOSTILE, leftOut, quiet, RUNS, unknown } from './fixture/answers.mjs';

const only = process.argv[2] ?? '';
const browser = await chromium();
let [passed, failed] = [0, 0];

function must(held, reason) {
  if (!held) throw new Error(reason);
}

/** Opens the pages with `answers` replaced, hands a page to `run`, and fails on errors, policy violations or foreign requests. */
async function check(name, run, { answers = {}, hash = '#/overview', ...context } = {}) {
  if (!name.includes(only)) return;
  const served = await mock(answers);
  const made = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  const page = await made.newPage();
  const trouble = [];
  page.on('console', (message) => {
    const expected = message.text().includes('status of 400');
    if (message.type() === 'error' && !expected) trouble.push(message.text());
  });
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(served.url)) trouble.push(`request to ${request.url()}`);
  });
  try {
    await page.goto(served.url + hash);
    await page.waitForFunction(() => document.querySelector('main')?.textContent.trim());
    await run(page, served);
    must((await page.evaluate(() => window.hacked)) === undefined, 'markup in a name ran');
    must(trouble.length === 0, trouble.join('; '));
    passed += 1;
    process.stdout.write(`ok    ${name}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAIL  ${name}: ${error.message}\n`);
  }
  await made.close();
  served.close();
}

/** Waits until nothing loads any more; `loading` says that something is meant to. */
async function settle(page, loading = false) {
  const calm = () => !document.querySelector('[data-slot=skeleton], main [aria-busy=true]');
  const begun = () => document.querySelector('[data-slot=skeleton]') !== null;
  await page.waitForFunction(loading ? begun : calm);
}

/** Fails when `what` does not happen within the time a slow machine needs. */
function within(what, reason) {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error(reason)), 10_000).unref());
  return Promise.race([what, late]);
}

/** What axe finds wrong, WCAG 2.2 A and AA and good practice. */
async function axe(page) {
  // Axe is put in through the debugging protocol, which the page's content security policy does not govern.
  const { readFileSync } = await import('node:fs');
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations);
  const text = found.map((v) => `${v.id} (${v.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? '')).slice(0, 3).join(' | ')})`);
  must(found.length === 0, text.join('\n      '));
}

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const never = () => new Promise(() => {});
const refuse = (error) => () => {
  throw { hint: null, channel: null, ...error };
};
const TRACE = '#/overview?open=trace%3Anet_sales%3A2026-10-24%3A2026-11-22';
const RAW = 'open=raw%3A42%3Aagreements.nodes%5B0%5D.sales.nodes%5B1%5D.totalTaxAmount.shopMoney.amount';
const FIRST = { frame: () => frame({ empty: true, profiles: [], channels: [] }) };

const SCREENS = [
  ['overview', '#/overview', {}],
  ['overview of a quiet range', '#/overview', { dashboard: quiet }],
  ['overview of days that are not known', '#/overview', { dashboard: unknown }],
  ['overview of orders that do not count', '#/overview', { dashboard: leftOut }],
  ['overview while loading', '#/overview', { dashboard: never }],
  ['overview after an error', '#/overview', { dashboard: refuse({ code: 'locked', message: 'The profile is locked.', hint: 'Unlock it.' }) }],
  ['window after an error', '#/overview', { frame: refuse({ code: 'database_too_new', message: 'Too new.', hint: 'Update.' }) }],
  ['locked profile', '#/overview', { frame: refuse({ code: 'locked', message: 'This profile is locked.' }) }],
  ['orders', '#/orders', {}],
  ['trace', TRACE, {}],
  ['order', '#/orders?open=order%3A1%3Agid%3A%2F%2Fshopify%2FOrder%2F5009', {}],
  ['raw record', `${TRACE}&${RAW}`, {}],
  ['row of a report', '#/data/records?open=raw%3A77%3Arow%202', {}],
  ['removed record', '#/data/records?open=raw%3A99%3A', {}],
  ['data', '#/data', {}],
  ['data without anything', '#/data', { connections: [], runs: [], health: { lines: [] } }],
  ['issues', '#/data/issues', {}],
  ['no issues', '#/data/issues', { issues: { rows: [], page: 0, pages: 0, count_text: 'No issues' } }],
  ['records', '#/data/records', {}],
  ['settings', '#/settings', {}],
  ['first run', '#/overview', FIRST],
  ['connect shopify', '#/start/shopify', FIRST],
  ['connect amazon', '#/start/amazon', FIRST],
];
for (const [name, hash, answers] of SCREENS) {
  for (const [look, width, height, colorScheme] of [['light', 1440, 900, 'light'], ['dark, narrow', 900, 800, 'dark']]) {
    await check(`${name} passes axe, ${look}`, async (page) => {
      await settle(page, name.includes('loading'));
      await axe(page);
      must((await sideways(page)) <= 0, 'the page must not scroll sideways');
    }, { hash, answers, colorScheme, reducedMotion: 'reduce', viewport: { width, height } });
  }
}

for (const [name, hash, answers] of SCREENS) {
  await check(`${name} fits at 200% zoom`, async (page) => {
    await settle(page, name.includes('loading'));
    must((await sideways(page)) <= 0, 'the page must not scroll sideways');
  }, { hash, answers, viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 });
}

{
  let open = false;
  const answers = {
    frame: () => (open ? frame() : refuse({ code: 'locked', message: 'This profile is locked.' })()),
    unlock: ({ passphrase }) => {
      if (passphrase !== 'correct horse') refuse({ code: 'locked', message: 'The passphrase is not right.' })();
      open = true;
      return null;
    },
  };
  await check('a locked profile opens by its passphrase alone', async (page) => {
    const field = page.getByLabel('Passphrase');
    must((await field.getAttribute('type')) === 'password', 'what is typed must not show');
    await field.fill('wrong horse');
    await page.keyboard.press('Enter');
    await page.getByText('The passphrase is not right.').waitFor();
    must((await field.inputValue()) === '', 'a wrong passphrase does not stay in the field');
    await field.fill('correct horse');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Net sales $239,015.82' }).waitFor();
  }, { answers });
}

for (const [what, error] of [
  ['a newer program wrote', { code: 'database_too_new', message: 'ledger.db was written by a newer version', hint: 'Update the program; the file is unchanged' }],
  ['is damaged', { code: 'internal', message: 'the ledger is damaged', hint: 'Restore a backup, or make a new profile and sync again' }],
  ['has lost its key', { code: 'keyring_unavailable', message: 'the keyring has no key for this profile', hint: 'Open it where it came from, and set a passphrase' }],
  ['its own key does not open', { code: 'locked', message: 'ledger.db does not open with this profile’s key', hint: 'Put this profile’s own file back' }],
]) {
  let active = 'mill';
  const all = () => ['mill', 'bakery', 'new'].slice(0, active === 'new' ? 3 : 2).map((id) => ({ id, name: id === 'mill' ? 'Mill & Sons' : HOSTILE, demo: false, active: id === active }));
  const answers = {
    frame: () => (active === 'mill' ? refuse(error)() : frame({ profiles: all(), empty: active === 'new' })),
    profiles: () => ({ profiles: all(), lost: [{ id: 'old', error: { code: 'invalid', message: 'profile.json is missing', hint: 'Put it back.', channel: null } }] }),
    security: () => ({ kept_in: 'keyring', text: '', locked: false, keyring: true }),
    choose_profile: ({ id }) => {
      active = id;
      return null;
    },
    create_profile: ({ name }) => {
      if (name === 'Bakery') refuse({ code: 'invalid', message: 'There is a profile “Bakery” already.', hint: 'Choose another name.' })();
      active = 'new';
      return null;
    },
  };
  await check(`a profile that ${what} leaves the others in reach`, async (page, served) => {
    active = 'mill';
    const alert = page.getByRole('alert');
    await alert.getByText('“Mill & Sons” does not open').waitFor();
    must((await alert.textContent()).includes(error.message) && (await alert.textContent()).includes(error.hint), 'why, and what to do');
    must((await page.getByLabel('Passphrase').count()) === 0, 'nothing is asked for that would not help');
    await page.getByText('profile.json is missing').waitFor();
    await axe(page);
    must((await sideways(page)) <= 0, 'the page must not scroll sideways');
    await page.getByRole('button', { name: 'Profile: Mill & Sons' }).waitFor();
    await page.getByLabel('Name of the business').fill('Bakery');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'There is a profile “Bakery” already.' }).waitFor();
    await page.getByLabel('Name of the business').fill('Third');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What did the business earn?' }).waitFor();
    active = 'mill';
    await served.send('data_changed', {});
    await alert.getByText('“Mill & Sons” does not open').waitFor();
    await page.getByRole('button', { name: /^Open / }).click();
    await page.getByRole('button', { name: 'Net sales $239,015.82' }).waitFor();
  }, { answers });
  await check(`the demo is tried beside a profile that ${what}`, async (page, served) => {
    active = 'mill';
    await page.reload();
    await page.getByRole('link', { name: 'try the demo' }).click();
    await page.getByRole('button', { name: 'Try the demo' }).click();
    await within(served.asked('start_demo'), 'it is begun');
  }, { answers });
}

{
  let active = 'mill';
  const all = () => ['mill', 'bakery'].map((id) => ({ id, name: id, demo: false, active: id === active }));
  await check('a narrow window changes the profile by its commands', async (page) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Find a command' }).fill('bakery');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !document.querySelector('dialog[open]'));
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Find a command' }).fill('mill');
    await page.getByRole('option', { name: /mill/ }).waitFor();
    must(active === 'bakery', 'it is chosen');
  }, {
    viewport: { width: 900, height: 800 },
    answers: {
      frame: () => frame({ profiles: all() }),
      choose_profile: ({ id }) => {
        active = id;
        return null;
      },
    },
  });
}

await check('what is not known is a dash with its reason and the next step', async (page) => {
  await page.getByText('a file proves only the days from its first to its last order').first().waitFor();
  await page.getByText('No orders known in this range').waitFor();
  must((await page.getByText('no imported file tells of these days').count()) > 5, 'the reason stands at each figure');
}, { answers: { dashboard: unknown } });

await check('a product named in a script from right to left does not turn its sentence', async (page) => {
  await settle(page);
  const seen = await page.evaluate(() => {
    const line = [...document.querySelectorAll('.insights li span, .insights li bdi')].find((span) => span.textContent.includes('sold best'));
    const text = line.firstChild;
    const left = (words) => {
      const range = document.createRange();
      const from = text.data.indexOf(words);
      range.setStart(text, from);
      range.setEnd(text, from + words.length);
      return range.getBoundingClientRect().left;
    };
    return { name: left('أحمر'), verb: left('sold best'), share: left('of net sales') };
  });
  must(seen.name < seen.verb && seen.verb < seen.share, `the sentence reads from left to right: ${JSON.stringify(seen)}`);
});

await check('orders that do not count are told above the figures, with the way to their reasons', async (page) => {
  const told = page.getByText('3 orders could not be counted');
  await told.waitFor();
  const [words, figure] = [await told.boundingBox(), await page.getByRole('region', { name: 'Key figures' }).boundingBox()];
  must(words.y < figure.y, 'it is read before the figures');
  await page.getByRole('link', { name: 'Open the issues' }).click();
  must((await page.evaluate(() => location.hash)) === '#/data/issues', 'the link leads to the issues');
}, { answers: { dashboard: leftOut } });

await check('a shop gets a profile of its own beside the demo', async (page, served) => {
  await page.getByText('Your shop gets a profile of its own').waitFor();
  must((await page.getByRole('button', { name: 'Connect Shopify' }).count()) === 0, 'not into the demo');
  await page.getByLabel('Name of the business').fill('Mill');
  await page.getByRole('button', { name: 'Make a profile' }).click();
  await within(served.asked('create_profile', (args) => args.name === 'Mill'), 'it is made');
  await axe(page);
}, { hash: '#/start' });

await check('settings list the profiles and make another', async (page, served) => {
  await page.getByRole('heading', { name: 'A new profile' }).waitFor();
  await page.getByLabel('Name of the business').fill('Mill');
  await page.keyboard.press('Enter');
  await within(served.asked('create_profile', (args) => args.name === 'Mill'), 'it is made');
}, { hash: '#/settings' });

await check('files alone have nothing to sync', async (page) => {
  const row = page.getByRole('listitem').filter({ hasText: 'Shopify files' }).first();
  await row.waitFor();
  must((await row.getByRole('button').count()) === 0, 'there is nobody to ask');
}, { hash: '#/data' });

{
  const given = [];
  const answers = {
    set_passphrase: (args) => {
      given.push(args);
      if (args.current !== 'correct horse') refuse({ code: 'locked', message: 'The passphrase is not right.', hint: 'Type it again.' })();
      return null;
    },
  };
  await check('a passphrase is changed only by whoever knows the present one', async (page) => {
    const field = (label) => page.getByLabel(label, { exact: true });
    const change = page.getByRole('button', { name: 'Change passphrase' });
    const fill = async (present, wanted, again) => {
      await field('Present passphrase').fill(present);
      await field('New passphrase').fill(wanted);
      await field('New passphrase again').fill(again);
    };
    await fill('wrong horse', 'battery staple', 'battery stable');
    await page.getByText('This is not the same.').waitFor();
    must(await change.isDisabled(), 'two different new passphrases are not sent');
    await fill('wrong horse', 'battery staple', 'battery staple');
    await change.click();
    await page.getByText('The passphrase is not right.').waitFor();
    must((await field('Present passphrase').inputValue()) === '', 'a wrong passphrase does not stay in the field');
    await fill('correct horse', 'battery staple', 'battery staple');
    await change.click();
    await page.getByText('The passphrase is another one now.').waitFor();
    must((await field('New passphrase').inputValue()) === '', 'nor does the new one');
    must(given.at(-1).new === 'battery staple', `it is the one that was typed: ${JSON.stringify(given)}`);
  }, { hash: '#/settings', answers });
}

await check('a figure opens down to its stored bytes by keyboard', async (page) => {
  await page.getByRole('button', { name: 'Net sales $239,015.82' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('How it is made').waitFor();
  await dialog.locator('summary').first().focus();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'agreements.nodes[0].sales.nodes[1].totalTaxAmount' }).first().focus();
  await page.keyboard.press('Enter');
  const hit = dialog.locator('.hit');
  await hit.waitFor();
  must((await hit.count()) === 1, 'one line is the amount');
  must((await hit.textContent()).includes('"amount": "2.66"'), 'the marked line holds the amount');
  const seen = () => {
    const { top, bottom } = document.querySelector('.hit').getBoundingClientRect();
    return top > 0 && bottom < innerHeight;
  };
  await within(page.waitForFunction(seen), 'the marked line is on screen');
  must((await dialog.textContent()).includes('9007199254740993'), 'a number above 2^53 keeps its digits');
  await page.goBack();
  await dialog.getByText('How it is made').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog[open]'));
});

await check('a row of a report is shown by its columns, and the amount’s row is marked', async (page) => {
  const dialog = page.getByRole('dialog');
  const hit = dialog.locator('.hit').filter({ hasText: 'amount: -7.50' });
  await hit.waitFor();
  const marked = await dialog.locator('.hit').allTextContents();
  must(marked.some((line) => line.includes('amount-description: Commission')), 'each cell stands beside its column');
  must(!marked.some((line) => line.includes('50.00')), 'the other row is not marked');
  await dialog.getByRole('button', { name: 'Exact text' }).click();
  must((await dialog.locator('pre').textContent()).includes('settlement-id\tdeposit-date'), 'the bytes as they came are one click away');
}, { hash: '#/data/records?open=raw%3A77%3Arow%202' });

await check('hovering over a figure shows its formula', async (page) => {
  const figure = page.getByRole('button', { name: 'Orders 3,274' });
  await figure.hover();
  const tip = page.getByRole('tooltip', { name: '' }).filter({ hasText: 'orders placed, wholly cancelled ones left out' });
  await tip.waitFor({ state: 'visible' });
});

await check('the chart is read by arrow keys and by pointer', async (page) => {
  const chart = page.getByRole('slider', { name: 'Net sales by day, point by point' });
  await chart.focus();
  await page.keyboard.press('End');
  must((await chart.getAttribute('aria-valuetext')).startsWith('Sun, Nov 22, 2026: Net sales $'), 'the newest day is said');
  await page.keyboard.press('ArrowLeft');
  must((await chart.getAttribute('aria-valuetext')).startsWith('Sat, Nov 21, 2026:'), 'the day before');
  await page.getByText('30 days before · ').waitFor();
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.995, box.y + 40);
  must((await chart.getAttribute('aria-valuetext')).startsWith('Sun, Nov 22'), 'the pointer moves the same cursor');
  const tip = await page.locator('.tip').boundingBox();
  must(tip.x >= box.x && tip.x + tip.width <= box.x + box.width, 'the label stays inside the chart');
});

await check('a chart can be read as a table', async (page) => {
  await page.getByRole('button', { name: 'Show “Net sales by day” as table' }).click();
  const table = page.getByRole('table', { name: 'Net sales by day' });
  must((await table.getByRole('row').count()) === 31, 'a heading and thirty days');
});

await check('the palette goes everywhere', async (page, served) => {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a command' }).fill('last 7');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Range: Last 7 days' }).waitFor();
  await within(served.asked('dashboard', (args) => args.from === '2026-11-16'), 'the figures of the chosen range are asked for');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('issu');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Issues' }).waitFor();
});

await check('the definition switch asks anew', async (page, served) => {
  await page.getByRole('button', { name: 'Definition: Order totals' }).click();
  await page.getByRole('menuitemradio', { name: /^Accounting/ }).click();
  await within(served.asked('dashboard', (args) => args.definition === 'accounting'), 'by the chosen definition');
});

await check('menus answer to arrow keys and Escape', async (page) => {
  const button = page.getByRole('button', { name: 'Range: Last 30 days' });
  await button.focus();
  await page.keyboard.press('ArrowDown');
  must(await page.getByRole('menuitemradio', { name: /^Last 30 days/ }).evaluate((e) => e === document.activeElement), 'the chosen item has the focus');
  await page.keyboard.press('ArrowUp');
  must(await page.getByRole('menuitemradio', { name: /^Last 7 days/ }).evaluate((e) => e === document.activeElement), 'one up');
  await page.keyboard.press('Escape');
  must(await button.evaluate((e) => e === document.activeElement), 'the focus returns to the button');
});

for (const [look, context] of [['light', { colorScheme: 'light' }], ['dark, zoomed', { colorScheme: 'dark', viewport: { width: 720, height: 450 } }]]) {
  await check(`menus, palette and labels pass axe and stay on screen, ${look}`, async (page) => {
    await settle(page);
    for (const menu of ['Range', 'Definition', 'Channels']) {
      await page.getByRole('button', { name: new RegExp(`^${menu}`) }).click();
      const box = await page.locator('.panel').boundingBox();
      const { width } = page.viewportSize();
      must(box.x >= 0 && box.x + box.width <= width, `${menu} opens inside the window`);
      await axe(page);
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('Control+k');
    await axe(page);
    await page.keyboard.press('Escape');
    await page.getByRole('slider', { name: /^Best products/ }).focus();
    await page.keyboard.press('Home');
    await page.locator('.tip').waitFor();
    await axe(page);
  }, { ...context, reducedMotion: 'reduce' });
}

await check('a range of one’s own is checked', async (page, served) => {
  await page.getByRole('button', { name: /^Range/ }).click();
  await page.getByLabel('From').fill('2026-05-02');
  await page.getByLabel('To', { exact: true }).fill('2026-05-01');
  await page.getByRole('button', { name: 'Show these days' }).click();
  await page.getByText('the earlier one first').waitFor();
  await page.getByLabel('To', { exact: true }).fill('2026-05-31');
  await page.getByRole('button', { name: 'Show these days' }).click();
  const typed = (args) => args.from === '2026-05-02' && args.to === '2026-05-31';
  await within(served.asked('dashboard', typed), 'the days that were typed are asked for');
});

await check('the skip link is the first stop', async (page) => {
  await page.keyboard.press('Tab');
  must(await page.evaluate(() => document.activeElement.textContent === 'Skip to content'), 'the first Tab reaches it');
  await page.keyboard.press('Enter');
  must(await page.evaluate(() => document.activeElement.id === 'main'), 'and it leads to the content');
});

for (const hash of ['#/overview', '#/orders', '#/orders?open=order%3A1%3Agid%3A%2F%2Fshopify%2FOrder%2F5009', '#/data/issues', TRACE]) {
  await check(`hostile names are text on ${hash.slice(0, 40)}`, async (page) => {
    await settle(page);
    if (hash === TRACE) await page.locator('summary').first().click();
    must((await page.locator('img').count()) === 0, 'no element comes out of a name');
    must((await page.locator('body').textContent()).includes(HOSTILE), 'the name is shown whole');
  }, { hash });
}

await check('a run at a platform’s speed says how far it is and how long it takes', async (page) => {
  const row = page.getByRole('listitem').filter({ hasText: 'Harbor & Pine' }).filter({ has: page.getByRole('progressbar') });
  await row.getByText('2,140 of about 38,000 orders').waitFor();
  await row.getByText('1 h 50 min at Amazon\'s speed').waitFor();
}, { hash: '#/data' });

await check('a run is followed and cancelled', async (page, served) => {
  await page.getByRole('progressbar', { name: 'Progress of Acorn & Alder' }).waitFor();
  await served.send('run', { ...RUNS[0], progress: { done: 8000, total: 8100, text: 'Orders: 8,000 of 8,100', eta_text: 'a few seconds left' } });
  await page.locator('main').getByText('Orders: 8,000 of 8,100').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await within(served.asked('cancel_run', (args) => args.id === 12), 'the run itself is cancelled');
  await served.send('run', { ...RUNS[0], state: 'cancelled', state_text: 'Cancelled', progress: null });
  await page.waitForFunction(() => !document.querySelector('main progress'));
}, { hash: '#/data', answers: { runs: RUNS.filter((run) => run.connection === 1) } });

await check('changed data is shown without asking', async (page, served) => {
  await settle(page);
  const before = served.calls.length;
  await served.send('data_changed', {});
  await within(served.asked('dashboard', () => true, before), 'the figures are fetched again');
});

await check('a failure says what to do next', async (page) => {
  await page.getByRole('button', { name: 'Sync', exact: true }).first().click();
  const alert = page.getByRole('alert').filter({ hasText: 'Another sync is running.' });
  await alert.waitFor();
  must((await alert.textContent()).includes('Wait for it'), 'with the hint');
}, { hash: '#/data', answers: { sync: refuse({ code: 'busy', message: 'Another sync is running.', hint: 'Wait for it, or cancel it.' }) } });

await check('the first run opens by itself and tries the demo', async (page, served) => {
  await page.getByRole('heading', { name: 'What did the business earn?' }).waitFor();
  await page.getByLabel('90 days').check();
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await served.send('run', RUNS[0]);
  await page.locator('main').getByText('Orders: 5,200 of 8,100').waitFor();
  await within(served.asked('start_demo', (args) => args.days === 90), 'with the chosen history');
  await served.send('run', { ...RUNS[0], id: 13, connection_label: 'Amazon', progress: { ...RUNS[0].progress, text: 'Reports: 3 of 24' } });
  await page.locator('main').getByText('Reports: 3 of 24').waitFor();
  must((await page.locator('main').getByRole('progressbar').count()) === 2, 'each account has a bar of its own');
  await page.getByRole('button', { name: 'Cancel' }).click();
  for (const id of [12, 13]) await within(served.asked('cancel_run', (args) => args.id === id), `run ${id} of the demo is cancelled`);
  await page.getByRole('button', { name: 'Try the demo' }).waitFor();
}, { answers: FIRST });

await check('the wizard connects a shop with a client ID and secret', async (page, served) => {
  await page.getByLabel('myshopify.com name').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('My own shop').waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Client ID').fill('abc');
  await page.getByLabel('Secret').fill('shpss_planted');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'There is no shop' }).waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByLabel('myshopify.com name').fill('acorn-alder');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('Only the last 60 days').waitFor();
  await page.getByText('What was imported as “Shopify files” is this shop’s').waitFor();
  must(!(await page.content()).includes('shpss_planted'), 'the secret is nowhere on the page');
  await axe(page);
}, { answers: FIRST, hash: '#/start/shopify' });

await check('the wizard waits for the browser’s consent', async (page) => {
  await page.getByLabel('myshopify.com name').fill('acorn-alder');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel(/consent in the browser/).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Redirect URLs').waitFor();
  await page.getByLabel('Client ID').fill('abc');
  await page.getByLabel('Secret').fill('s');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('link', { name: 'Open Shopify’s consent page' }).waitFor();
  await axe(page);
}, { answers: { ...FIRST, connect_status: never }, hash: '#/start/shopify' });

for (const [look, context] of [['light', { colorScheme: 'light' }], ['dark, narrow', { colorScheme: 'dark', viewport: { width: 900, height: 800 } }]]) {
  await check(`the wizard connects an account at Amazon by keyboard alone, ${look}`, async (page, served) => {
    const type = async (label, text) => {
      await page.getByLabel(label, { exact: true }).focus();
      await page.keyboard.type(text);
    };
    for (const label of ['Client secret', 'Refresh token']) {
      must((await page.getByLabel(label, { exact: true }).getAttribute('type')) === 'password', `${label}: what is typed must not show`);
    }
    must(await page.getByRole('button', { name: 'Connect', exact: true }).isDisabled(), 'nothing is sent without all three values');
    await type('Client ID', 'amzn1.application-oa2-client.1');
    await type('Client secret', 'wrong_planted');
    await type('Refresh token', 'Atzr|planted');
    await page.getByLabel('Region').selectOption('eu');
    await page.getByLabel('Amazon.de').focus();
    await page.keyboard.press('Space');
    await page.getByText('Amazon.de was chosen first and is home').waitFor();
    await axe(page);
    await page.getByLabel('Refresh token').focus();
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert').filter({ hasText: 'client id or secret' });
    await alert.waitFor();
    must((await alert.textContent()).includes('LWA credentials'), 'says what to do next');
    await axe(page);
    await page.getByLabel('Client secret').fill('amzn1.oa2-cs.planted');
    await page.keyboard.press('Enter');
    const sent = await within(served.asked('connect_amazon', (args) => args.client_secret === 'amzn1.oa2-cs.planted'), 'the new one is sent');
    must(sent.region === 'eu' && sent.marketplaces.join() === 'DE' && sent.endpoint === null, `as it was chosen: ${JSON.stringify(sent.marketplaces)}`);
    await page.getByRole('heading', { name: 'Marketplaces' }).waitFor();
    await page.getByText('Refunds and fees are not known').waitFor();
    await page.getByRole('heading', { name: 'Shown by the first sync' }).waitFor();
    await within(served.asked('sync', (args) => args.connection === 4), 'the first sync begins');
    must(!(await page.content()).includes('planted'), 'no secret is on the page');
    must((await sideways(page)) <= 0, 'the page must not scroll sideways');
    await axe(page);
  }, { ...context, reducedMotion: 'reduce', answers: FIRST, hash: '#/start/amazon' });

  await check(`settings show an account at Amazon, and replace its secret, ${look}`, async (page, served) => {
    const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: /Harbor & Pine/ }) });
    await row.getByText('North America').waitFor();
    await row.getByText('made Jun 8, 2026, ends Dec 5, 2026, in 13 days').waitFor();
    must((await row.textContent()).includes('Amazon.ca'), 'its marketplaces are named');
    await row.getByText('missing: Refunds and fees are not known').waitFor();
    await row.getByRole('button', { name: 'Test' }).focus();
    await page.keyboard.press('Enter');
    await row.getByRole('status').getByText('answers').waitFor();
    await row.getByRole('button', { name: 'Replace secret' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Replace the client secret' });
    const field = dialog.getByLabel('New client secret');
    must((await field.getAttribute('type')) === 'password', 'what is typed must not show');
    await field.fill('wrong_planted');
    await axe(page);
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('Amazon does not accept').waitFor();
    must((await field.inputValue()) === '', 'a refused secret does not stay in the field');
    await axe(page);
    await field.fill('amzn1.oa2-cs.planted');
    await page.keyboard.press('Enter');
    await page.getByText('goes on with the new secret').waitFor();
    const given = await within(served.asked('replace_secret', (args) => args.client_secret.startsWith('amzn1')), 'it is sent');
    must(given.connection === 4 && given.made === null, 'for this account');
    must(!(await page.content()).includes('planted'), 'no secret is on the page');
  }, {
    ...context,
    reducedMotion: 'reduce',
    hash: '#/settings',
    answers: {
      replace_secret: ({ client_secret }) => {
        if (client_secret.startsWith('wrong')) refuse({ code: 'invalid', message: 'Amazon does not accept the secret.', hint: 'Make a new one.' })();
        return null;
      },
    },
  });
}

await check('an account is removed only after a question', async (page, served) => {
  const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: /Harbor & Pine/ }) });
  await row.getByRole('button', { name: 'Remove' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove a connection' });
  await dialog.getByRole('button', { name: 'Do nothing' }).waitFor();
  await axe(page);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog[open]'));
  must(!served.calls.some((call) => call.name === 'remove_account'), 'nothing is done by leaving');
  await row.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByRole('button', { name: 'Disconnect, keep its data' }).click();
  const asked = await within(served.asked('remove_account'), 'it is done');
  must(asked.connection === 4 && asked.delete_data === false, 'its data stays');
  await page.getByText('In Seller Central, remove the app').waitFor();
}, { hash: '#/settings' });

await check('motion is reduced on request', async (page) => {
  const longest = await page.evaluate(() => Math.max(...[...document.querySelectorAll('*')].map((e) => parseFloat(getComputedStyle(e).animationDuration) || 0)));
  must(longest < 0.001, 'no animation lasts');
}, { answers: { dashboard: never }, reducedMotion: 'reduce' });

await browser.close();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
