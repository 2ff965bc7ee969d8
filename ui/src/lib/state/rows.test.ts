import { describe, expect, it } from 'vitest';
import type { Line } from './json';
import { layRows } from './rows';

const said = (line: Line) => line.tokens.map((token) => token.text).join('');

describe('layRows', () => {
  const text = 'settlement-id\tamount-type\tamount\r\n17\t\t\r\n17\tItemPrice\t-12,50\r\n';

  it('puts each cell beside the name of its column, and leaves blank ones out', () => {
    const lines = layRows(text, null) ?? [];
    expect(lines.map(said)).toEqual(['row 0', 'settlement-id: 17', 'row 1', 'settlement-id: 17', 'amount-type: ItemPrice', 'amount: -12,50']);
    expect(lines.some((line) => line.hit), 'nothing was asked for').toBe(false);
  });

  it('marks the row that a posting was read from', () => {
    const lines = layRows(text, 'row 1') ?? [];
    expect(lines.filter((line) => line.hit).map(said)).toEqual(['row 1', 'settlement-id: 17', 'amount-type: ItemPrice', 'amount: -12,50']);
  });

  it('names a cell beyond the header by its place', () => {
    expect((layRows('a\tb\n1\t2\t3', null) ?? []).map(said).at(-1)).toBe('column 3: 3');
  });

  it('leaves alone what is no table', () => {
    for (const text of ['', 'one line', '{"a":1}', 'a\tb']) expect(layRows(text, null), text).toBe(null);
  });
});
