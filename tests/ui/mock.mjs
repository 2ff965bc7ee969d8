// A stand-in for `countinghouse serve`: the built pages from ui/dist, the commands from a table of answers, the event stream.
// For developing and testing the pages only. `node tests/ui/mock.mjs [port]` serves it for a person.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ANSWERS } from './fixture/answers.mjs';

const DIST = fileURLToPath(new URL('../../ui/dist', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** As strict as the window's. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves on a free port of 127.0.0.1. `answers` replaces single answers: a value, or a function of the arguments that may throw
 * an error of the border; a promise is waited for. `calls` collects what was asked, `asked` waits until something was asked;
 * `send` sends an event to every page, once one listens.
 */
export async function mock(answers = {}, port = 0) {
  const calls = [];
  const pages = new Set();
  const waiting = new Set();
  const joining = [];
  const table = { ...ANSWERS, ...answers };

  async function command(name, request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    const args = JSON.parse(text);
    calls.push({ name, args });
    for (const hear of waiting) hear();
    response.setHeader('content-type', 'application/json');
    try {
      const answer = table[name];
      if (answer === undefined) throw { code: 'invalid', message: `There is no command “${name}”.`, hint: null, channel: null };
      const data = await (typeof answer === 'function' ? answer(args) : answer);
      response.end(JSON.stringify({ success: true, data }));
    } catch (error) {
      response.statusCode = 400;
      response.end(JSON.stringify({ success: false, error }));
    }
  }

  function file(path, response) {
    const found = join(DIST, normalize(path === '/' ? '/index.html' : path));
    if (!found.startsWith(DIST) || !existsSync(found) || !statSync(found).isFile()) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader('content-type', TYPES[extname(found)] ?? 'application/octet-stream');
    response.setHeader('content-security-policy', POLICY);
    createReadStream(found).pipe(response);
  }

  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://127.0.0.1').pathname;
    if (path === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(':\n\n');
      pages.add(response);
      for (const joined of joining.splice(0)) joined();
      request.on('close', () => pages.delete(response));
    } else if (path.startsWith('/rpc/')) void command(path.slice('/rpc/'.length), request, response);
    else file(path, response);
  });
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));

  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    calls,
    /** The arguments of the first call of `name` that `fits`, after the first `from` calls; waits for it. */
    asked(name, fits = () => true, from = 0) {
      return new Promise((resolve) => {
        const hear = () => {
          const found = calls.slice(from).find((call) => call.name === name && fits(call.args));
          if (found) {
            waiting.delete(hear);
            resolve(found.args);
          }
        };
        waiting.add(hear);
        hear();
      });
    },
    async send(event, payload) {
      while (pages.size === 0) await new Promise((joined) => joining.push(joined));
      for (const page of pages) page.write(`event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const served = await mock({}, Number(process.argv[2] ?? 4100));
  process.stdout.write(`${served.url}\n`);
}
