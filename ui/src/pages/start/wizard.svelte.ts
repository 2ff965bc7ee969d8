// Connecting a Shopify shop, step by step. Decides which step is next; the program checks every entry.
import type { Attempt, ConnectShopifyArgs, ShopifyCredentials } from '../../lib/gen/api';
import { asHostError, type HostError } from '../../lib/host';

export type RouteCode = ShopifyCredentials['route'];
export type Step = 'shop' | 'route' | 'app' | 'waiting' | 'connected';

export interface Door {
  connect: (args: ConnectShopifyArgs) => Promise<Attempt>;
  status: (attempt: string) => Promise<Attempt>;
  finish: (attempt: string, address: string) => Promise<Attempt>;
  cancel: (attempt: string) => Promise<unknown>;
  after: (milliseconds: number, run: () => void) => void;
}

const EVERY = 1000;

export class Wizard {
  step = $state<Step>('shop');
  shop = $state('');
  route = $state<RouteCode>('client_credentials');
  clientId = $state('');
  clientSecret = $state('');
  token = $state('');
  expiring = $state(false);
  endpoint = $state('');
  address = $state('');
  attempt = $state.raw<Attempt | null>(null);
  error = $state.raw<HostError | null>(null);
  busy = $state(false);
  #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Whether the step on screen has all it needs. */
  get ready(): boolean {
    if (this.step === 'shop') return this.shop.trim() !== '';
    if (this.step !== 'app') return true;
    if (this.route === 'token') return this.token.trim() !== '';
    return this.clientId.trim() !== '' && this.clientSecret.trim() !== '';
  }

  next(): Promise<void> | void {
    if (!this.ready) return;
    this.error = null;
    if (this.step === 'shop') this.step = 'route';
    else if (this.step === 'route') this.step = 'app';
    else if (this.step === 'app') return this.#connect();
  }

  /** One step back; an attempt under way is given up. */
  back(): void {
    this.error = null;
    if (this.step === 'route') this.step = 'shop';
    else if (this.step === 'app') this.step = 'route';
    else if (this.step === 'waiting') {
      const attempt = this.attempt;
      this.attempt = null;
      this.step = 'app';
      if (attempt) void this.#door.cancel(attempt.id).catch(() => undefined);
    }
  }

  /** Goes on with the address the browser ended at, where it could not come back by itself. */
  async paste(): Promise<void> {
    const attempt = this.attempt;
    if (attempt) await this.#ask(() => this.#door.finish(attempt.id, this.address.trim()));
  }

  async #connect(): Promise<void> {
    const credentials = this.#credentials();
    const endpoint = this.endpoint.trim() || null;
    await this.#ask(() => this.#door.connect({ shop: this.shop.trim(), credentials, endpoint }));
  }

  #credentials(): ShopifyCredentials {
    const app = { client_id: this.clientId.trim(), client_secret: this.clientSecret.trim() };
    if (this.route === 'token') return { route: 'token', token: this.token.trim() };
    if (this.route === 'consent') return { route: 'consent', ...app, expiring: this.expiring };
    return { route: 'client_credentials', ...app };
  }

  async #ask(what: () => Promise<Attempt>): Promise<void> {
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
      this.step = 'app';
      this.error = asHostError(attempt.error ?? new Error(attempt.text));
      return;
    }
    this.attempt = attempt;
    if (attempt.state === 'connected') {
      [this.clientSecret, this.token] = ['', ''];
      this.step = 'connected';
      return;
    }
    this.step = 'waiting';
    this.#door.after(EVERY, () => void this.#look(attempt.id));
  }

  async #look(id: string): Promise<void> {
    if (this.attempt?.id !== id || this.step !== 'waiting') return;
    try {
      const attempt = await this.#door.status(id);
      if (this.attempt?.id === id && this.step === 'waiting') this.#take(attempt);
    } catch (thrown) {
      this.error = asHostError(thrown);
      this.#door.after(EVERY, () => void this.#look(id));
    }
  }
}
