import { expect, it } from 'vitest';
import { pulse } from './pulse';

function rig() {
  let runs = 0;
  const due: (() => void)[] = [];
  const signal = pulse(() => (runs += 1), 1000, (_, run) => due.push(run));
  const pass = () => due.splice(0).forEach((run) => run());
  return { signal, pass, runs: () => runs, resting: () => due.length > 0 };
}

it('runs at once, then once for everything that came meanwhile', () => {
  const { signal, pass, runs } = rig();
  signal();
  expect(runs(), 'the first signal does not wait').toBe(1);
  for (let i = 0; i < 50; i += 1) signal();
  expect(runs()).toBe(1);
  pass();
  expect(runs(), 'fifty signals are one run').toBe(2);
});

it('never loses the last signal', () => {
  const { signal, pass, runs, resting } = rig();
  signal();
  signal();
  pass();
  signal();
  pass();
  expect(runs()).toBe(3);
  pass();
  expect([runs(), resting()], 'and rests when nothing comes').toEqual([3, false]);
  signal();
  expect(runs()).toBe(4);
});
