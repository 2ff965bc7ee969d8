import { describe, expect, it } from 'vitest';
import { format, parse, type Route } from './route';

describe('the address', () => {
  it('reads back what it writes', () => {
    const routes: Route[] = [
      { page: 'overview', part: null, panels: [] },
      { page: 'data', part: 'issues', panels: [] },
      {
        page: 'overview',
        part: null,
        panels: [
          { kind: 'trace', metric: 'net_sales', from: '2026-11-01', to: '2026-11-30' },
          { kind: 'order', connection: 1, key: 'gid://shopify/Order/9007199254740993' },
          { kind: 'raw', id: 42, path: 'refunds[0].refundLineItems.nodes[1]["odd:key&x=1"]' },
          { kind: 'raw', id: 43, path: null },
        ],
      },
    ];
    for (const route of routes) expect(parse(format(route)), format(route)).toEqual(route);
  });

  it('falls back to the overview', () => {
    for (const hash of ['', '#', '#/', '#/nowhere', '#/../etc']) expect(parse(hash).page, hash).toBe('overview');
  });

  it('leaves out what it cannot read', () => {
    const hash = '#/data?open=raw:x:&open=trace:net_sales:yesterday:today&open=order:1:&open=what&open=raw:7:';
    expect(parse(hash).panels).toEqual([{ kind: 'raw', id: 7, path: null }]);
  });
});
