// Reads a stored row of a report for showing: each cell beside its column's name, without changing a character of it.
import type { Line, Token } from './json';

const mark = (text: string): Token => ({ kind: 'mark', text });

/**
 * Lays out a tab-separated text, header first; marks the row that `path` names (`row 0` is the first after the header), or all rows
 * where it names none. Null when the text is none that can be laid out: then it is shown as it is.
 */
export function layRows(text: string, path: string | null): Line[] | null {
  const all = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const header = all[0]?.split('\t');
  if (!header || header.length < 2 || all.length < 2) return null;
  const asked = /^row (\d+)$/.exec(path ?? '');
  const lines: Line[] = [];
  all.slice(1).forEach((row, index) => {
    const hit = asked !== null && Number(asked[1]) === index;
    lines.push({ depth: 0, tokens: [mark(`row ${index}`)], hit });
    row.split('\t').forEach((cell, column) => {
      if (cell.trim() === '') return;
      const name = header[column] ?? `column ${column + 1}`;
      lines.push({ depth: 1, tokens: [{ kind: 'key', text: name }, mark(': '), { kind: 'string', text: cell }], hit });
    });
  });
  return lines;
}
