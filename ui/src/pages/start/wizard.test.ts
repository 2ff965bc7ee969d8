import { describe, expect, it } from 'vitest';
import type { Attempt, ConnectShopifyArgs } from '../../lib/gen/api';
import { HostError } from '../../lib/host';
import { attempt } from './attempt.fixture';
import { Wizard } from './wizard.svelte';

function rig(answers: (Attempt | HostError)[]) {
  const sent: ConnectShopifyArgs[] = [];
  const cancelled: string[] = [];
  const synced: number[] = [];
  const due: (() => void)[] = [];
  const answer = async () => {
    const next = answers.shift();
    if (!next || next instanceof HostError) throw next ?? new Error('no answer left');
    return next;
  };
  const wizard = new Wizard({
    connect: (args) => {
      sent.push(args);
      return answer();
    },
    status: answer,
    finish: answer,
    cancel: async (id) => cancelled.push(id),
    sync: async (connection) => synced.push(connection),
    after: (_, run) => due.push(run),
  });
  const tick = async () => {
    for (const run of due.splice(0)) run();
    await new Promise((done) => setTimeout(done));
  };
  return { wizard, sent, cancelled, synced, due, tick };
}

function toApp(wizard: Wizard, route: Wizard['route']) {
  wizard.shop = ' acme.myshopify.com ';
  void wizard.next();
  wizard.route = route;
  void wizard.next();
}

describe('Wizard', () => {
  it('goes on only with what a step needs', () => {
    const { wizard } = rig([]);
    void wizard.next();
    expect(wizard.step, 'no shop yet').toBe('shop');
    toApp(wizard, 'client_credentials');
    expect([wizard.step, wizard.ready]).toEqual(['app', false]);
    wizard.clientId = 'id';
    wizard.clientSecret = 'secret';
    expect(wizard.ready).toBe(true);
    wizard.route = 'token';
    expect(wizard.ready, 'another route needs a token').toBe(false);
  });

  it('connects, forgets the secret and begins the first sync', async () => {
    const { wizard, sent, synced } = rig([attempt('connected', { connection: 3 })]);
    toApp(wizard, 'client_credentials');
    wizard.clientId = ' id ';
    wizard.clientSecret = ' shpss_x ';
    await wizard.next();
    expect(sent).toEqual([
      {
        shop: 'acme.myshopify.com',
        credentials: { route: 'client_credentials', client_id: 'id', client_secret: 'shpss_x' },
        endpoint: null,
      },
    ]);
    expect([wizard.step, wizard.clientSecret]).toEqual(['connected', '']);
    expect(synced, 'of what was connected').toEqual([3]);
  });

  it('waits for the browser and notices the end', async () => {
    const { wizard, tick } = rig([attempt('waiting_for_browser'), attempt('testing'), attempt('connected')]);
    toApp(wizard, 'consent');
    [wizard.clientId, wizard.clientSecret] = ['id', 's'];
    await wizard.next();
    expect(wizard.step).toBe('waiting');
    await tick();
    expect(wizard.attempt?.state).toBe('testing');
    await tick();
    expect(wizard.step).toBe('connected');
  });

  it('returns to the entries when the shop refuses', async () => {
    const error = { code: 'refused_by_channel', message: 'Not installed.', hint: 'Install it.', channel: 'shopify' } as const;
    const { wizard } = rig([attempt('failed', { error })]);
    toApp(wizard, 'token');
    wizard.token = 'shpat_x';
    await wizard.next();
    expect([wizard.step, wizard.error?.hint, wizard.token], 'what was typed is still there').toEqual(['app', 'Install it.', 'shpat_x']);
  });

  it('shows a refused entry where it stands', async () => {
    const { wizard } = rig([new HostError({ code: 'invalid', message: 'No shop name.', hint: null, channel: null })]);
    toApp(wizard, 'token');
    wizard.token = 'x';
    await wizard.next();
    expect([wizard.step, wizard.error?.code, wizard.busy]).toEqual(['app', 'invalid', false]);
  });

  it('gives up an attempt on going back, and hears no more of it', async () => {
    const { wizard, cancelled, tick } = rig([attempt('waiting_for_browser'), attempt('connected')]);
    toApp(wizard, 'consent');
    [wizard.clientId, wizard.clientSecret] = ['id', 's'];
    await wizard.next();
    wizard.back();
    await tick();
    expect([wizard.step, wizard.attempt]).toEqual(['app', null]);
    expect(cancelled).toEqual(['a1']);
  });

  it('goes on with a pasted address', async () => {
    const { wizard } = rig([attempt('waiting_for_browser'), attempt('connected')]);
    toApp(wizard, 'consent');
    [wizard.clientId, wizard.clientSecret] = ['id', 's'];
    await wizard.next();
    wizard.address = 'http://127.0.0.1:4810/auth/callback?code=x';
    await wizard.paste();
    expect(wizard.step).toBe('connected');
  });
});
