import { describe, expect, it } from 'vitest';
import { layOut, parsePath, type Line } from './json';

const show = (lines: Line[] | null) =>
  lines?.map((line) => `${line.hit ? '>' : ' '}${'  '.repeat(line.depth)}${line.tokens.map((t) => t.text).join('')}`);

describe('a record on screen', () => {
  it('keeps every token as it was stored', () => {
    const text = '{"id":9007199254740993,"amount":"20.10","rate":1.50e+2,"e":"\\u00e9","none":null,"list":[],"o":{}}';
    const shown = layOut(text, null)?.flatMap((line) => line.tokens.map((t) => t.text.trim()));
    expect(shown?.join(''), 'nothing is rounded, nothing rewritten').toBe(text);
  });

  it('marks the value at a path and nothing else', () => {
    const text = '{"refunds":[{"total":"1"},{"lines":{"nodes":[{"a":"1"},{"a":"2"}]},"total":"3"}],"total":"9"}';
    expect(show(layOut(text, 'refunds[1].lines.nodes[1].a'))).toEqual([
      ' {',
      '   "refunds": [',
      '     {',
      '       "total": "1"',
      '     },',
      '     {',
      '       "lines": {',
      '         "nodes": [',
      '           {',
      '             "a": "1"',
      '           },',
      '           {',
      '>            "a": "2"',
      '           }',
      '         ]',
      '       },',
      '       "total": "3"',
      '     }',
      '   ],',
      '   "total": "9"',
      ' }',
    ]);
  });

  it('marks a whole object', () => {
    expect(show(layOut('{"a":{"b":1,"c":2},"d":3}', 'a'))).toEqual([' {', '>  "a": {', '>    "b": 1,', '>    "c": 2', '>  },', '   "d": 3', ' }']);
  });

  it('reads paths in each of their forms', () => {
    const steps = ['a', 0, 'b c', 'd'];
    for (const path of ['$.a[0]["b c"].d', 'a[0]["b c"].d', '/a/0/b c/d']) expect(parsePath(path), path).toEqual(steps);
  });

  it('leaves alone what is no JSON', () => {
    for (const text of ['<html>', 'a\tb', '', '{"a":', '{"a":1', ']']) expect(layOut(text, null), text).toBe(null);
  });
});
