import { expect, it } from 'vitest';
import { Toasts } from './toasts.svelte';

it('lets good news go and keeps failures', () => {
  const due: (() => void)[] = [];
  const toasts = new Toasts((_, run) => due.push(run));
  toasts.done('Saved.');
  toasts.failed({ message: 'Not saved.', hint: 'Free some space.' });
  for (const run of due) run();
  expect(toasts.list.map((t) => t.text)).toEqual(['Not saved.']);
  toasts.dismiss(toasts.list[0]?.id ?? 0);
  expect(toasts.list).toEqual([]);
});

it('shows a repeated message once and never more than four', () => {
  const toasts = new Toasts(() => {});
  for (const text of ['a', 'b', 'b', 'c', 'd', 'e']) toasts.failed({ message: text, hint: null });
  expect(toasts.list.map((t) => t.text)).toEqual(['b', 'c', 'd', 'e']);
});
