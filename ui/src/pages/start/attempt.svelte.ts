// An attempt to connect an account, from the entries to its end. The program does the work; this follows how it stands.
import type { Attempt } from '../../lib/gen/api';
import { asHostError, type HostError } from '../../lib/host';

/** What an attempt needs of the program. */
export interface AttemptDoor {
  status: (attempt: string) => Promise<Attempt>;
  cancel: (attempt: string) => Promise<unknown>;
  /** Begins the first sync of what was connected. */
  sync: (connection: number) => Promise<unknown>;
  after: (milliseconds: number, run: () => void) => void;
}

/** Where an attempt is: at its entries, under way, or over. */
export type Phase = 'entries' | 'waiting' | 'connected';

const EVERY = 1000;

export abstract class Attempting<D extends AttemptDoor> {
  attempt = $state.raw<Attempt | null>(null);
  error = $state.raw<HostError | null>(null);
  busy = $state(false);
  protected readonly door: D;

  constructor(door: D) {
    this.door = door;
  }

  /** Whether the attempt is on screen as one under way. */
  protected abstract get waiting(): boolean;

  /** Shows the phase the attempt has come to. */
  protected abstract show(phase: Phase): void;

  /** Forgets what may be kept nowhere once it is no longer needed. */
  protected abstract forget(): void;

  /** Gives up the attempt under way. */
  protected giveUp(): void {
    const attempt = this.attempt;
    this.attempt = null;
    this.show('entries');
    if (attempt) void this.door.cancel(attempt.id).catch(() => undefined);
  }

  protected async ask(what: () => Promise<Attempt>): Promise<void> {
    this.busy = true;
    this.error = null;
    try {
      this.#take(await what());
    } catch (thrown) {
      this.error = asHostError(thrown);
    }
    this.busy = false;
  }

  #take(attempt: Attempt): void {
    if (attempt.state === 'failed') {
      this.attempt = null;
      this.show('entries');
      this.error = asHostError(attempt.error ?? new Error(attempt.text));
      return;
    }
    this.attempt = attempt;
    if (attempt.state === 'connected') {
      this.forget();
      this.show('connected');
      if (attempt.connection !== null) void this.#begin(attempt.connection);
      return;
    }
    this.show('waiting');
    this.door.after(EVERY, () => void this.#look(attempt.id));
  }

  /** The first sync begins at once; one that is under way already is as good. */
  async #begin(connection: number): Promise<void> {
    try {
      await this.door.sync(connection);
    } catch (thrown) {
      const error = asHostError(thrown);
      if (error.code !== 'busy') this.error = error;
    }
  }

  async #look(id: string): Promise<void> {
    if (this.attempt?.id !== id || !this.waiting) return;
    try {
      const attempt = await this.door.status(id);
      if (this.attempt?.id === id && this.waiting) this.#take(attempt);
    } catch (thrown) {
      this.error = asHostError(thrown);
      this.door.after(EVERY, () => void this.#look(id));
    }
  }
}
