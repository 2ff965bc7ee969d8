// Reads a stored record for showing, without changing a character of it: numbers above 2^53 and odd spacing stay as they are.

export type TokenKind = 'key' | 'string' | 'number' | 'word' | 'mark';

export interface Token {
  kind: TokenKind;
  text: string;
}

export interface Line {
  depth: number;
  tokens: Token[];
  /** Whether the line belongs to the place that was asked for. */
  hit: boolean;
}

export type Step = string | number;

/** Reads a path such as `$.refunds[0].lines.nodes[1]["odd key"]` or a JSON pointer such as `/refunds/0/lines`. */
export function parsePath(path: string): Step[] {
  if (path.startsWith('/')) {
    const parts = path.slice(1).split('/');
    return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part.replace(/~1/g, '/').replace(/~0/g, '~')));
  }
  const steps: Step[] = [];
  const pattern = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/gy;
  const rest = path.replace(/^\$\.?/, '');
  for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
    if (match[1] !== undefined) steps.push(Number(match[1]));
    else steps.push(match[2] !== undefined ? (JSON.parse(`"${match[2]}"`) as string) : (match[3] ?? ''));
    if (rest[pattern.lastIndex] === '.') pattern.lastIndex += 1;
  }
  return steps;
}

const TOKEN = /\s+|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gy;

/** The pieces of a JSON text in order, spaces left out; null when it is not JSON that can be laid out. */
function pieces(text: string): string[] | null {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    if (!/^\s/.test(match[0])) found.push(match[0]);
    at = TOKEN.lastIndex;
  }
  return at === text.length && found.length > 0 ? found : null;
}

/**
 * Lays a JSON text out on lines, each token unchanged, and marks the lines of the value at `path`.
 * Null when the text is not JSON: then it is shown as it is.
 */
export function layOut(text: string, path: string | null): Line[] | null {
  const all = pieces(text);
  if (!all) return null;
  const target = path ? parsePath(path) : null;
  const lines: Line[] = [];
  const stack: { array: boolean; index: number; key: Step }[] = [];
  let line: Line = { depth: 0, tokens: [], hit: false };
  let key: string | null = null;

  const inside = () => {
    if (!target || stack.length < target.length) return false;
    return target.every((step, i) => {
      const level = stack[i];
      return level !== undefined && step === (level.array ? level.index : level.key);
    });
  };
  const end = () => {
    if (line.tokens.length > 0) lines.push(line);
    line = { depth: stack.length, tokens: [], hit: false };
  };
  const put = (kind: TokenKind, piece: string) => {
    line.tokens.push({ kind, text: piece });
    line.hit ||= inside();
  };

  for (let i = 0; i < all.length; i += 1) {
    const piece = all[i] ?? '';
    const top = stack[stack.length - 1];
    if (piece === '{' || piece === '[') {
      put('mark', piece);
      const closing = piece === '{' ? '}' : ']';
      if (all[i + 1] === closing) {
        put('mark', closing);
        i += 1;
      } else {
        stack.push({ array: piece === '[', index: 0, key: '' });
        end();
      }
    } else if (piece === '}' || piece === ']') {
      if (!top) return null;
      stack.pop();
      end();
      put('mark', piece);
    } else if (piece === ',') {
      put('mark', ',');
      if (top) top.index += 1;
      end();
    } else if (piece === ':') {
      if (key !== null && top) top.key = key;
      put('mark', ': ');
    } else if (piece.startsWith('"')) {
      const isKey = all[i + 1] === ':';
      if (isKey && top && !top.array) {
        key = unquote(piece);
        top.key = key;
      }
      put(isKey ? 'key' : 'string', piece);
    } else {
      put(/^[-\d]/.test(piece) ? 'number' : 'word', piece);
    }
  }
  if (stack.length > 0) return null;
  end();
  return lines;
}

function unquote(piece: string): string {
  try {
    return JSON.parse(piece) as string;
  } catch {
    return piece.slice(1, -1);
  }
}
