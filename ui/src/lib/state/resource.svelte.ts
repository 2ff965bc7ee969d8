// A value that is loaded: what is shown while it loads, when it failed, and when an answer comes too late.
import { asHostError, type HostError } from '../host';

export class Resource<T> {
  /** The last good value; kept while a newer one loads, so that a page does not flicker. */
  value = $state.raw<T | null>(null);
  error = $state.raw<HostError | null>(null);
  loading = $state(false);
  #turn = 0;

  /** Loads anew. Of several loads only the latest one counts. */
  async load(ask: () => Promise<T>): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const value = await ask();
      if (turn !== this.#turn) return;
      this.value = value;
      this.error = null;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.error = asHostError(thrown);
    }
    if (turn === this.#turn) this.loading = false;
  }

  /** Forgets the value, for a question that has nothing to do with the last one. */
  clear(): void {
    this.#turn += 1;
    this.value = null;
    this.error = null;
    this.loading = false;
  }

  /** Nothing to show yet. */
  get blank(): boolean {
    return this.value === null && this.error === null;
  }
}
