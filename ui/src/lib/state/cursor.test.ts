import { describe, expect, it } from 'vitest';
import type { Hit } from '../gen/api';
import { Cursor } from './cursor.svelte';

function hits(count: number): Hit[] {
  return Array.from({ length: count }, (_, i) => ({
    from: i * 10,
    to: i * 10 + 10,
    at: i * 10 + 5,
    label: `day ${i}`,
    values: [{ label: 'Net sales', text: i === 1 ? 'not known' : `$${i}`, mark: null }],
  }));
}

describe('Cursor', () => {
  it('finds the point under the pointer', () => {
    const cursor = new Cursor();
    for (const [at, index] of [
      [-50, 0],
      [0, 0],
      [9.9, 0],
      [10, 1],
      [34, 3],
      [500, 4],
    ] as const) {
      cursor.point(hits(5), at);
      expect(cursor.index, `at ${at}`).toBe(index);
    }
    cursor.point([], 3);
    expect(cursor.index, 'an empty chart has no cursor').toBe(null);
  });

  it('walks by keys and stops at the ends', () => {
    const cursor = new Cursor();
    const all = hits(3);
    cursor.key(all, 'ArrowLeft');
    expect(cursor.index, 'the newest point first').toBe(2);
    cursor.key(all, 'ArrowRight');
    expect(cursor.index).toBe(2);
    cursor.key(all, 'Home');
    cursor.key(all, 'ArrowLeft');
    expect(cursor.index).toBe(0);
    expect(cursor.key(all, 'Escape'), 'the first Escape is the cursor’s').toBe(true);
    expect(cursor.key(all, 'Escape'), 'the second one is not').toBe(false);
    expect(cursor.key(all, 'a')).toBe(false);
    expect(cursor.key([], 'Home')).toBe(false);
  });

  it('says the point in words', () => {
    const cursor = new Cursor();
    expect(cursor.say(hits(3))).toBe('');
    cursor.index = 1;
    expect(cursor.say(hits(3))).toBe('day 1: Net sales not known');
  });
});
