// The real program in its real window, on a demo business that has really synced: tiles, figure, trace, stored record; what the page may
// not do; pictures in light and dark. `node tests/ui/window.mjs FOLDER-OF-PROGRAMS`, after building both programs and the pages.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { display, open, output, until } from './desktop.mjs';

const programs = resolve(process.argv[2] ?? 'target/debug');
const shots = fileURLToPath(new URL('./shots', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'countinghouse-window-'));
mkdirSync(shots, { recursive: true });
let [passed, failed] = [0, 0];

function must(held, reason) {
  if (!held) throw new Error(reason);
}

async function check(name, run) {
  try {
    await run();
    passed += 1;
    process.stdout.write(`ok    ${name}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAIL  ${name}: ${error.message}\n`);
  }
}

const TEXT = 'const found = document.querySelector(arguments[0]); return found ? found.textContent.trim() : null;';
const INVOKE = 'return window.__TAURI_INTERNALS__.invoke(arguments[0], { command: arguments[1], args: arguments[2] });';
const digits = (text) => text.replace(/[^0-9]/g, '');

/** A server that the page must never reach. */
async function stranger() {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.setHeader('access-control-allow-origin', '*').end('<p>elsewhere</p>');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, asked: () => requests, close: () => server.close() };
}

// The machine of a test has no keyring; the first profile's key is then kept under a passphrase.
process.env.COUNTINGHOUSE_PASSPHRASE = 'a passphrase for the window test';
const screen = await display();
const outside = await stranger();
let window;
try {
  window = await open(join(programs, 'countinghouse-desktop'), ['--home', home], screen.environment);
  const invoke = (carrier, command, args = {}) => window.settle(INVOKE, carrier, command, args);
  const refused = async (name, carrier, command, args, code) => {
    const { ok, refused: why } = await invoke(carrier, command, args);
    must(why !== undefined, `${name} was done: ${JSON.stringify(ok)}`);
    if (code) must(why.code === code, `${name} was refused with ${JSON.stringify(why)}, not as ${code}`);
  };

  await check('a first start offers the demo, and syncs it', async () => {
    await until('the first screen', () => window.read("return document.querySelector('input[type=radio][value=\"90\"]') !== null;"));
    await screen.picture(join(shots, 'window-first.png'));
    await window.click('input[type=radio][value="90"]');
    await window.read("[...document.querySelectorAll('button')].find((b) => b.textContent.includes('Try the demo')).setAttribute('data-chosen', '');");
    await window.click('[data-chosen]');
    await until('progress of the sync', () => window.read("return document.querySelector('[role=progressbar], progress') !== null;"));
    await until('the overview', () => window.read(TEXT, '[data-slot=tile] .figure'), 5);
    await screen.picture(join(shots, 'window-syncing.png'));
    const runs = await until('the end of the sync', async () => {
      const { ok, refused: why } = await invoke('read', 'runs');
      must(ok, `runs are listed: ${JSON.stringify(why)}`);
      // One of each of the demo's two marketplaces.
      return ok.length > 1 && ok.every((run) => run.finished_text) && ok;
    }, 10);
    must(runs.every((run) => run.state === 'done'), `every run ends well: ${JSON.stringify(runs)}`);
  });

  await check('the overview shows the figures of the command line', async () => {
    const kpis = JSON.parse(await output(join(programs, 'countinghouse'), ['--home', home, 'metrics', 'kpis', '--days', '30', '--json']));
    const wanted = digits(String((kpis.data ?? kpis).kpis.net_sales));
    must(Number(wanted) > 0, `the demo has sold something: ${wanted}`);
    const tiles = () => window.read("return [...document.querySelectorAll('[data-slot=tile]')].map((t) => [t.querySelector('h2').textContent, t.querySelector('.figure').textContent]);");
    // The page reads anew when it hears that figures changed; nobody asks it to.
    await until(`a tile with the command line's net sales, ${wanted}`, async () => (await tiles()).some(([, figure]) => digits(figure) === wanted));
  });

  await check('a figure opens down to its stored record', async () => {
    const net = "[...document.querySelectorAll('[data-slot=tile]')].find((t) => /net sales/i.test(t.querySelector('h2').textContent))";
    await window.read("document.querySelector('[data-chosen]')?.removeAttribute('data-chosen');");
    await window.read(`${net}.querySelector('button.figure').setAttribute('data-chosen', '');`);
    await window.click('[data-chosen]');
    const shown = await until('the trace', () => window.read(TEXT, '[data-slot=dialog] .figure'));
    must(digits(shown) === digits(await window.read(TEXT, '[data-chosen]')), `the trace explains the figure that was clicked: ${shown}`);
    await until('an order', () => window.read(TEXT, '[data-slot=dialog] details summary'));
    await window.click('[data-slot=dialog] details summary');
    const path = await window.read(TEXT, '[data-slot=dialog] details[open] td button');
    await window.click('[data-slot=dialog] details[open] td button');
    // The order is of one marketplace or the other: each names it in its own way.
    const named = /gid:\/\/shopify\/Order\/|\d{3}-\d{7}-\d{7}/;
    const record = await until('the stored record', async () => {
      const text = await window.read("return document.querySelector('[data-slot=dialog] .hit') && document.querySelector('[data-slot=dialog]').textContent;");
      return text && named.test(text) && text;
    });
    must(path.length > 0 && named.test(record), 'the stored bytes of the order are on screen');
    must(await window.read(TEXT, '[data-slot=dialog] .hit'), `the place of the amount is marked: ${path}`);
    await screen.picture(join(shots, 'window-record.png'));
    await window.read("location.hash = '#/overview';");
    await until('the overview again', () => window.read("return document.querySelector('dialog[open]') === null;"));
  });

  for (const theme of ['light', 'dark']) {
    await check(`a picture of the window, ${theme}`, async () => {
      const { refused: why } = await invoke('change', 'set_setting', { key: 'theme', value: theme });
      must(why === undefined, `the theme is set: ${JSON.stringify(why)}`);
      await until(`the ${theme} page`, () => window.read('return document.documentElement.dataset.theme === arguments[0];', theme));
      await until('the tiles', () => window.read(TEXT, '[data-slot=tile] .figure'));
      await window.read('document.activeElement.blur();');
      await screen.picture(join(shots, `window-${theme}.png`));
    });
  }

  await check('a read changes nothing', async () => {
    await refused('a sync', 'read', 'sync', { connection: null, full: false }, 'invalid');
    await refused('a setting', 'read', 'set_setting', { key: 'theme', value: 'light' }, 'invalid');
    const { ok } = await invoke('read', 'frame');
    must(ok.theme === 'dark', 'the setting is as it was');
    await refused('a secret', 'read', 'connect_shopify', {}, 'invalid');
  });

  await check('a change neither reads nor takes secrets', async () => {
    await refused('reading', 'change', 'frame', {}, 'invalid');
    await refused('a secret', 'change', 'connect_shopify', {}, 'invalid');
  });

  await check('no path reaches a command', async () => {
    for (const args of [{ path: '/etc/passwd' }, { file: { path: '/etc/passwd' } }, { file: { handle: '/etc/passwd' } }]) {
      await refused(JSON.stringify(args), 'files', 'connect_shopify', args, 'invalid');
    }
    await refused('reading', 'files', 'frame', {}, 'invalid');
    await refused('a dialog with a folder of the page', 'files', 'choose_file', { purpose: 'open', title: 'x', directory: '/etc' }, 'invalid');
  });

  await check('nothing else of the system answers', async () => {
    for (const carrier of ['plugin:dialog|open', 'plugin:fs|read_file', 'plugin:updater|check', 'plugin:event|emit', 'plugin:window|close', 'plugin:app|version', 'shell']) {
      await refused(carrier, carrier, 'x', {});
    }
  });

  await check('the page cannot leave, open windows, run text or reach the network', async () => {
    const away = await window.settle("return fetch(arguments[0]).then(() => 'reached');", outside.url);
    must(away.refused !== undefined, 'fetch is refused by the policy');
    const picture = await window.settle("return new Promise((next) => { const i = new Image(); i.onload = () => next('shown'); i.onerror = () => next('refused'); i.src = arguments[0]; });", outside.url);
    must(picture.ok === 'refused', `a picture from elsewhere is refused: ${JSON.stringify(picture)}`);
    await window.read("const a = document.createElement('a'); a.id = 'away'; a.target = '_blank'; a.href = arguments[0]; a.textContent = 'away'; document.querySelector('main').prepend(a);", outside.url);
    await window.click('#away');
    await window.read("document.querySelector('#away').target = '';");
    await window.click('#away');
    const ran = await window.read("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.head.append(s); return window.ran ?? null;");
    must(ran === null, 'a script in the text of the page does not run');
    await window.read('location.href = arguments[0];', outside.url);
    await window.settle("return new Promise((next) => { addEventListener('hashchange', next, { once: true }); location.hash = '#/data'; }).then(() => null);");
    must((await window.read('return location.protocol + location.host;')) === 'tauri:localhost', 'the page is where it was');
    must(outside.asked() === 0, `nothing of this reached a server on this machine: ${outside.asked()} requests`);
  });
} catch (error) {
  failed += 1;
  process.stdout.write(`FAIL  the window: ${error.message}\n`);
} finally {
  await window?.close();
  screen.close();
  outside.close();
  rmSync(home, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
