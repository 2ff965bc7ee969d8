import { expect, it } from 'vitest';
import { Theme } from './theme.svelte';

it('follows the system until the reader chooses', () => {
  let changed = () => {};
  const system = { matches: false, addEventListener: (_: string, run: () => void) => (changed = run) };
  const root = { dataset: {} as Record<string, string> };
  const theme = new Theme(root as unknown as HTMLElement, system as unknown as MediaQueryList);
  expect(root.dataset['theme']).toBe('light');
  system.matches = true;
  changed();
  expect(root.dataset['theme'], 'the system went dark').toBe('dark');
  theme.choose('light');
  changed();
  expect(root.dataset['theme'], 'a choice outlives the system').toBe('light');
});
