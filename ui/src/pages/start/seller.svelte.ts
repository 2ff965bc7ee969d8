// Connecting a seller's account at Amazon by the seller's own application. The program checks every entry.
import type { Attempt, ConnectAmazonArgs } from '../../lib/gen/api';
import { type AttemptDoor, Attempting, type Phase } from './attempt.svelte';

export interface SellerDoor extends AttemptDoor {
  connect: (args: ConnectAmazonArgs) => Promise<Attempt>;
}

export class SellerWizard extends Attempting<SellerDoor> {
  phase = $state<Phase>('entries');
  clientId = $state('');
  clientSecret = $state('');
  refreshToken = $state('');
  /** Empty: the region is found by asking each. */
  region = $state('');
  /** Countries in the order they were chosen, the first is home; none: all that the account sells in. */
  countries = $state<string[]>([]);
  sellerId = $state('');
  secretMade = $state('');
  endpoint = $state('');

  get ready(): boolean {
    return [this.clientId, this.clientSecret, this.refreshToken].every((entry) => entry.trim() !== '');
  }

  protected get waiting(): boolean {
    return this.phase === 'waiting';
  }

  protected show(phase: Phase): void {
    this.phase = phase;
  }

  protected forget(): void {
    [this.clientSecret, this.refreshToken] = ['', ''];
  }

  /** Marketplaces of another region are none of this account's. */
  chooseRegion(code: string): void {
    this.region = code;
    this.countries = [];
  }

  toggle(country: string): void {
    const chosen = this.countries.includes(country);
    this.countries = chosen ? this.countries.filter((other) => other !== country) : [...this.countries, country];
  }

  async connect(): Promise<void> {
    if (!this.ready) return;
    const given = (text: string) => text.trim() || null;
    await this.ask(() =>
      this.door.connect({
        client_id: this.clientId.trim(),
        client_secret: this.clientSecret.trim(),
        refresh_token: this.refreshToken.trim(),
        region: given(this.region),
        marketplaces: [...this.countries],
        seller_id: given(this.sellerId),
        secret_made: given(this.secretMade),
        endpoint: given(this.endpoint),
      }),
    );
  }

  /** Gives up the attempt under way, and goes back to the entries. */
  back(): void {
    this.error = null;
    if (this.phase === 'waiting') this.giveUp();
  }
}
