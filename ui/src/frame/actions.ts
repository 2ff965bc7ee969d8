// What the palette offers: pages, ranges, comparisons, definitions, and the few things one can do from everywhere.
import { call } from '../lib/host';
import type { App } from '../lib/state/app.svelte';
import type { Action } from '../lib/state/palette';
import type { Page } from '../lib/state/route';

const PAGES: [Page, string | null, string, string][] = [
  ['overview', null, 'Overview', 'dashboard home tiles revenue'],
  ['orders', null, 'Orders', 'sales list'],
  ['data', null, 'Sync and connections', 'runs data health channels'],
  ['data', 'issues', 'Issues', 'errors set aside data'],
  ['data', 'records', 'Stored records', 'raw inspector json data'],
  ['settings', null, 'Settings', 'preferences appearance definition'],
  ['start', null, 'Connect a shop', 'add shopify amazon demo first run'],
];

/** Every action of the palette for what the program offers now. */
export function actionsOf(app: App): Action[] {
  const { view, frame } = app;
  const actions: Action[] = PAGES.map(([page, part, label, words]) => ({
    id: `page:${page}:${part ?? ''}`,
    label,
    group: 'Go to',
    words,
    run: () => view.goto(page, part),
  }));
  actions.push({
    id: 'sync',
    label: 'Sync now',
    group: 'Do',
    words: 'fetch refresh update',
    run: () => void app.attempt(() => call('sync', { connection: null, full: false }), 'Sync started.'),
  });
  // The switcher beside the pages has no room in a narrow window.
  for (const profile of app.profiles.filter((p) => !p.active)) {
    const run = () => void app.choose(profile.id);
    actions.push({ id: `profile:${profile.id}`, label: profile.name, group: 'Profile', words: 'switch business client', run });
  }
  const now = frame.value;
  if (!now) return actions;
  for (const preset of now.presets) {
    const run = () => view.choosePreset(now, preset.code);
    actions.push({ id: `range:${preset.code}`, label: preset.label, group: 'Range', words: 'days period', run });
  }
  for (const compare of now.compares) {
    const run = () => void (view.compare = compare.code);
    actions.push({ id: `compare:${compare.code}`, label: compare.label, group: 'Compare with', run });
  }
  for (const definition of now.definitions) {
    const run = () => void (view.definition = definition.code);
    actions.push({ id: `definition:${definition.code}`, label: definition.label, group: 'Count by', words: 'definition', run });
  }
  return actions;
}
