import type { Attempt } from '../../lib/gen/api';

/** An attempt to connect as the program tells of it, for tests. */
export function attempt(state: Attempt['state'], change: Partial<Attempt> = {}): Attempt {
  return {
    id: 'a1',
    state,
    text: '',
    authorize_url: null,
    connection: null,
    shop: null,
    marketplaces: [],
    granted: [],
    missing: [],
    untried: [],
    notes: [],
    error: null,
    ...change,
  };
}
