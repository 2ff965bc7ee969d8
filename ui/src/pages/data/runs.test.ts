import { expect, it } from 'vitest';
import type { Run } from '../../lib/gen/api';
import { heard } from './runs';

const run = (id: number, state: Run['state']) => ({ id, state }) as Run;

it('replaces a run it knows where it stands', () => {
  const list = heard([run(2, 'running'), run(1, 'done')], run(2, 'cancelled'));
  expect(list.map((r) => [r.id, r.state])).toEqual([[2, 'cancelled'], [1, 'done']]);
});

it('puts a new run first', () => {
  expect(heard([run(1, 'done')], run(2, 'running')).map((r) => r.id)).toEqual([2, 1]);
});
