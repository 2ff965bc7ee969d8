import { describe, expect, it } from 'vitest';
import type { Frame } from '../gen/api';
import { View } from './view.svelte';

function frame(change: Partial<Frame> = {}): Frame {
  return {
    version: '0.1.0',
    profiles: [],
    empty: false,
    today: '2026-11-22',
    definition: 'platform',
    definitions: [],
    preset: 'last_30',
    presets: [
      { code: 'last_7', label: 'Last 7 days', from: '2026-11-16', to: '2026-11-22' },
      { code: 'last_30', label: 'Last 30 days', from: '2026-10-24', to: '2026-11-22' },
    ],
    compare: 'same_length',
    compares: [],
    channels: [{ code: 'shopify', label: 'Shopify' }],
    theme: 'system',
    notices: [],
    ...change,
  };
}

function view() {
  const made: View = new View((hash) => made.follow(hash));
  return made;
}

describe('View', () => {
  it('begins with what the profile is set to', () => {
    const v = view();
    v.adopt(frame());
    expect(v.question).toEqual({
      from: '2026-10-24',
      to: '2026-11-22',
      compare: 'same_length',
      definition: 'platform',
      channels: [],
    });
  });

  it('keeps the choice when the program answers again, and moves a preset with the day', () => {
    const v = view();
    v.adopt(frame());
    v.choosePreset(frame(), 'last_7');
    v.definition = 'accounting';
    v.adopt(frame({ presets: [{ code: 'last_7', label: '', from: '2026-11-17', to: '2026-11-23' }] }));
    expect([v.from, v.to, v.definition], 'a new day moves the last seven days').toEqual([
      '2026-11-17',
      '2026-11-23',
      'accounting',
    ]);
  });

  it('does not move a range of the reader’s own', () => {
    const v = view();
    v.adopt(frame());
    expect(v.chooseRange('2026-01-01', '2026-01-31')).toBe(true);
    v.adopt(frame());
    expect([v.from, v.to, v.preset]).toEqual(['2026-01-01', '2026-01-31', '']);
  });

  it('refuses a range that is none', () => {
    const v = view();
    v.adopt(frame());
    for (const [from, to] of [
      ['2026-02-01', '2026-01-01'],
      ['', '2026-01-01'],
      ['2026-1-1', '2026-02-01'],
    ] as const) {
      expect(v.chooseRange(from, to), `${from} to ${to}`).toBe(false);
    }
    expect(v.from, 'the last good range stays').toBe('2026-10-24');
  });

  it('forgets a channel that is gone', () => {
    const v = view();
    v.adopt(frame());
    v.toggleChannel('shopify');
    v.toggleChannel('amazon');
    v.toggleChannel('amazon');
    expect(v.channels).toEqual(['shopify']);
    v.adopt(frame({ channels: [] }));
    expect(v.channels, 'a filter on nothing would show an empty page without a reason').toEqual([]);
  });

  it('stacks what opens over a page and closes to a depth', () => {
    const v = view();
    v.goto('overview');
    v.open({ kind: 'trace', metric: 'net_sales', from: '2026-11-01', to: '2026-11-02' });
    v.open({ kind: 'raw', id: 3, path: 'a' });
    expect(v.route.panels.map((p) => p.kind)).toEqual(['trace', 'raw']);
    v.closeTo(1);
    expect(v.route.panels.map((p) => p.kind)).toEqual(['trace']);
    v.goto('data', 'issues');
    expect(v.route, 'a new page closes what was open').toEqual({ page: 'data', part: 'issues', panels: [] });
  });
});
