// The list of runs as events arrive: a known run is replaced in place, a new one stands first.
import type { Run } from '../../lib/gen/api';

export function heard(runs: Run[], run: Run): Run[] {
  return runs.some((known) => known.id === run.id) ? runs.map((known) => (known.id === run.id ? run : known)) : [run, ...runs];
}
