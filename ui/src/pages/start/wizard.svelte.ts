// Connecting a Shopify shop, step by step. Decides which step is next; the program checks every entry.
import type { Attempt, ConnectShopifyArgs, ShopifyCredentials } from '../../lib/gen/api';
import { type AttemptDoor, Attempting, type Phase } from './attempt.svelte';

export type RouteCode = ShopifyCredentials['route'];
export type Step = 'shop' | 'route' | 'app' | 'waiting' | 'connected';

export interface Door extends AttemptDoor {
  connect: (args: ConnectShopifyArgs) => Promise<Attempt>;
  finish: (attempt: string, address: string) => Promise<Attempt>;
}

export class Wizard extends Attempting<Door> {
  step = $state<Step>('shop');
  shop = $state('');
  route = $state<RouteCode>('client_credentials');
  clientId = $state('');
  clientSecret = $state('');
  token = $state('');
  expiring = $state(false);
  endpoint = $state('');
  address = $state('');

  /** Whether the step on screen has all it needs. */
  get ready(): boolean {
    if (this.step === 'shop') return this.shop.trim() !== '';
    if (this.step !== 'app') return true;
    if (this.route === 'token') return this.token.trim() !== '';
    return this.clientId.trim() !== '' && this.clientSecret.trim() !== '';
  }

  protected get waiting(): boolean {
    return this.step === 'waiting';
  }

  protected show(phase: Phase): void {
    this.step = phase === 'entries' ? 'app' : phase;
  }

  protected forget(): void {
    [this.clientSecret, this.token] = ['', ''];
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
    else if (this.step === 'waiting') this.giveUp();
  }

  /** Goes on with the address the browser ended at, where it could not come back by itself. */
  async paste(): Promise<void> {
    const attempt = this.attempt;
    if (attempt) await this.ask(() => this.door.finish(attempt.id, this.address.trim()));
  }

  async #connect(): Promise<void> {
    const credentials = this.#credentials();
    const endpoint = this.endpoint.trim() || null;
    await this.ask(() => this.door.connect({ shop: this.shop.trim(), credentials, endpoint }));
  }

  #credentials(): ShopifyCredentials {
    const app = { client_id: this.clientId.trim(), client_secret: this.clientSecret.trim() };
    if (this.route === 'token') return { route: 'token', token: this.token.trim() };
    if (this.route === 'consent') return { route: 'consent', ...app, expiring: this.expiring };
    return { route: 'client_credentials', ...app };
  }
}
