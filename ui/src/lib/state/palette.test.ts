import { expect, it } from 'vitest';
import { find, type Action } from './palette';

const action = (label: string, group = 'Go to', words = ''): Action => ({ id: label, label, group, words, run: () => {} });
const all = [
  action('Overview', 'Go to', 'dashboard home'),
  action('Data', 'Go to', 'sync runs issues'),
  action('Last 30 days', 'Range'),
  action('Order totals', 'Definition'),
  action('Sync now', 'Do', 'fetch data'),
];
const labels = (query: string) => find(all, query).map((a) => a.label);

it('shows everything for nothing', () => expect(find(all, '  ').length).toBe(all.length));
it('finds by beginnings of words, in any order', () => {
  expect(labels('30 last')).toEqual(['Last 30 days']);
  expect(labels('OV')).toEqual(['Overview']);
});
it('puts a label before a hidden word', () => expect(labels('data')).toEqual(['Data', 'Sync now']));
it('finds by words of its own', () => expect(labels('dashb')).toEqual(['Overview']));
it('finds nothing where nothing fits', () => expect(labels('zebra')).toEqual([]));
