// Finding a command by a few letters.

export interface Action {
  id: string;
  label: string;
  group: string;
  /** Words that find it besides its label. */
  words?: string;
  run: () => void;
}

/** The actions that hold every word of `query` at the start of some word of theirs, best first. */
export function find(actions: Action[], query: string): Action[] {
  const wanted = words(query);
  if (wanted.length === 0) return actions;
  const ranked: { action: Action; rank: number }[] = [];
  for (const action of actions) {
    const own = words(action.label);
    const more = words(`${action.group} ${action.words ?? ''}`);
    const inOwn = wanted.filter((word) => own.some((has) => has.startsWith(word))).length;
    const inAny = wanted.every((word) => [...own, ...more].some((has) => has.startsWith(word)));
    if (inAny) ranked.push({ action, rank: wanted.length - inOwn });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ action }) => action);
}

function words(text: string): string[] {
  return text
    .toLocaleLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
