// The address of what is on screen: a page, and over it perhaps the way from a figure to its bytes. Kept in the location's hash,
// so that back, forward and reload do what a reader expects.

export const PAGES = ['overview', 'orders', 'data', 'settings', 'start'] as const;
export type Page = (typeof PAGES)[number];

/** What lies open over the page. */
export type Panel =
  | { kind: 'trace'; metric: string; from: string; to: string }
  | { kind: 'order'; connection: number; key: string }
  | { kind: 'raw'; id: number; path: string | null };

export interface Route {
  page: Page;
  /** A part of the page, for example a tab. */
  part: string | null;
  panels: Panel[];
}

/** Reads a hash such as `#/data/issues?open=raw:7:lines[0].price`. What cannot be read is left out. */
export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', part = null] = path.split('/');
  const page = PAGES.find((name) => name === first) ?? 'overview';
  const panels = new URLSearchParams(query)
    .getAll('open')
    .map(parsePanel)
    .filter((panel) => panel !== null);
  return { page, part: part || null, panels };
}

/** The hash of a route; `parse` reads it back. */
export function format(route: Route): string {
  const query = new URLSearchParams(route.panels.map((panel) => ['open', formatPanel(panel)]));
  const tail = route.panels.length > 0 ? `?${query}` : '';
  return `#/${route.page}${route.part ? `/${route.part}` : ''}${tail}`;
}

function formatPanel(panel: Panel): string {
  switch (panel.kind) {
    case 'trace':
      return `trace:${panel.metric}:${panel.from}:${panel.to}`;
    case 'order':
      return `order:${panel.connection}:${panel.key}`;
    case 'raw':
      return `raw:${panel.id}:${panel.path ?? ''}`;
  }
}

function parsePanel(text: string): Panel | null {
  const [kind, first = '', ...rest] = text.split(':');
  const tail = rest.join(':');
  const number = /^\d{1,15}$/.test(first) ? Number(first) : null;
  if (kind === 'trace' && first && /^\d{4}-\d\d-\d\d:\d{4}-\d\d-\d\d$/.test(tail)) {
    return { kind, metric: first, from: tail.slice(0, 10), to: tail.slice(11) };
  }
  if (kind === 'order' && number !== null && tail) return { kind, connection: number, key: tail };
  if (kind === 'raw' && number !== null) return { kind, id: number, path: tail || null };
  return null;
}
