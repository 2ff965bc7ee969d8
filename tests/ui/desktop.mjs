// A virtual display and the system's WebKit driver on it, by plain WebDriver calls. Nothing is installed or downloaded.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const CALM = { LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_DMABUF_RENDERER: '1', GTK_A11Y: 'none', NO_AT_BRIDGE: '1' };

/** A display with a window manager on it, 1440 by 900, that nobody looks at. */
export async function display() {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = await new Promise((known, refused) => {
    server.stdio[3].once('data', (text) => known(String(text).trim()));
    server.once('exit', (code) => refused(new Error(`Xvfb ended with ${code}`)));
    server.once('error', refused);
  });
  const environment = { ...process.env, ...CALM, DISPLAY: `:${number}`, WAYLAND_DISPLAY: '', GDK_BACKEND: 'x11' };
  const manager = spawn('openbox', [], { env: environment, stdio: 'ignore' });
  return {
    environment,
    /** The whole screen as a file. The driver's own pictures hang with software rendering. */
    picture: (file) => done(spawn('import', ['-window', 'root', file], { env: environment, stdio: 'inherit' })),
    close() {
      manager.kill();
      server.kill();
    },
  };
}

/** Starts `binary` under the driver; every call of the answer speaks to its one window. */
export async function open(binary, args, environment) {
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { env: { ...environment, TAURI_WEBVIEW_AUTOMATION: 'true' }, stdio: ['ignore', 'ignore', 'inherit'] });
  const ask = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  await until('the driver is ready', async () => (await ask('GET', '/status').catch(() => null))?.ready);
  const wanted = { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args } } };
  const made = await ask('POST', '/session', { capabilities: wanted }).catch((error) => {
    driver.kill();
    throw error;
  });
  const session = `/session/${made.sessionId}`;
  return {
    /** The value of `body`, the body of a function of `arguments`. */
    read: (body, ...given) => ask('POST', `${session}/execute/sync`, { script: body, args: given }),
    /** How the promise that `body` returns ends: `{ ok }` or `{ refused }`. */
    settle: (body, ...given) =>
      ask('POST', `${session}/execute/async`, {
        script: `const end = arguments[arguments.length - 1];
          Promise.resolve().then(() => { ${body} }).then((ok) => end({ ok: ok ?? null }), (e) => end({ refused: e && e.message ? e : String(e) }));`,
        args: given,
      }),
    /** Clicks the first element that fits, as a person would. */
    async click(selector) {
      const element = await ask('POST', `${session}/element`, { using: 'css selector', value: selector });
      await ask('POST', `${session}/element/${Object.values(element)[0]}/click`, {});
    },
    async close() {
      await ask('DELETE', session).catch(() => null);
      driver.kill();
    },
  };
}

/** Waits until `look` gives something, and gives it back; fails with `what` after so many minutes of looking. */
export async function until(what, look, minutes = 1) {
  const end = Date.now() + minutes * 60_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never seen: ${what}`);
    await new Promise((next) => setTimeout(next, 100));
  }
}

/** The output of a program that must end well. */
export async function output(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part) => (text += part));
  await done(child);
  return text;
}

function done(child) {
  return new Promise((ended, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => (code === 0 ? ended() : failed(new Error(`${child.spawnfile} ended with ${code}`))));
  });
}

function freePort() {
  return new Promise((known) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => known(port));
    });
  });
}
