// Chromium as it is installed on the machine; nothing is downloaded.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../ui/package.json', import.meta.url));
const playwright = require('playwright-core');

export const AXE = require.resolve('axe-core/axe.min.js');

/** Starts Chromium without a window. `CHROMIUM` names another program. */
export function chromium() {
  return playwright.chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
}
