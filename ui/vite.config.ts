import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Everything is one page of local files. Assets are never inlined: the content security policy allows files of our own only.
export default defineConfig({
  plugins: [svelte()],
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, cssCodeSplit: false },
  server: { proxy: { '/rpc': 'http://127.0.0.1:4100', '/events': 'http://127.0.0.1:4100' } },
  test: { include: ['src/**/*.test.ts'] },
});
