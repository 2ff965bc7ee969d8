import { describe, expect, it } from 'vitest';
import type { Attempt, ConnectAmazonArgs } from '../../lib/gen/api';
import { HostError } from '../../lib/host';
import { attempt } from './attempt.fixture';
import { SellerWizard } from './seller.svelte';

function rig(answers: Attempt[], sync: () => Promise<unknown> = async () => null) {
  const sent: ConnectAmazonArgs[] = [];
  const synced: number[] = [];
  const cancelled: string[] = [];
  const due: (() => void)[] = [];
  const answer = async () => {
    const next = answers.shift();
    if (!next) throw new Error('no answer left');
    return next;
  };
  const wizard = new SellerWizard({
    connect: (args) => {
      sent.push(args);
      return answer();
    },
    status: answer,
    cancel: async (id) => cancelled.push(id),
    sync: (connection) => {
      synced.push(connection);
      return sync();
    },
    after: (_, run) => due.push(run),
  });
  const tick = async () => {
    for (const run of due.splice(0)) run();
    await new Promise((done) => setTimeout(done));
  };
  const fill = () => {
    [wizard.clientId, wizard.clientSecret, wizard.refreshToken] = [' id ', ' secret ', ' Atzr|token\n'];
  };
  return { wizard, sent, synced, cancelled, tick, fill };
}

describe('SellerWizard', () => {
  it('sends nothing before all three values are there', async () => {
    const { wizard, sent } = rig([]);
    [wizard.clientId, wizard.clientSecret] = ['id', 'secret'];
    await wizard.connect();
    expect([wizard.ready, sent], 'the refresh token lacks').toEqual([false, []]);
  });

  it('connects, forgets secret and token, and begins the first sync', async () => {
    const { wizard, sent, synced, tick, fill } = rig([attempt('testing'), attempt('connected', { connection: 4 })]);
    fill();
    await wizard.connect();
    expect(wizard.phase).toBe('waiting');
    await tick();
    expect(sent).toEqual([
      {
        client_id: 'id',
        client_secret: 'secret',
        refresh_token: 'Atzr|token',
        region: null,
        marketplaces: [],
        seller_id: null,
        secret_made: null,
        endpoint: null,
      },
    ]);
    expect([wizard.phase, wizard.clientSecret, wizard.refreshToken]).toEqual(['connected', '', '']);
    expect(synced, 'of what was connected').toEqual([4]);
  });

  it('keeps the order of marketplaces, and forgets those of another region', async () => {
    const { wizard, sent, fill } = rig([attempt('testing')]);
    fill();
    wizard.chooseRegion('na');
    wizard.toggle('US');
    wizard.chooseRegion('eu');
    wizard.toggle('FR');
    wizard.toggle('DE');
    wizard.toggle('IT');
    wizard.toggle('IT');
    await wizard.connect();
    expect(sent[0]?.marketplaces, 'the first chosen is home').toEqual(['FR', 'DE']);
    expect(sent[0]?.region).toBe('eu');
  });

  it('returns to the entries when Amazon refuses, and what was typed is still there', async () => {
    const error = { code: 'invalid', message: 'Wrong secret.', hint: 'Copy it again.', channel: 'Amazon' } as const;
    const { wizard, fill } = rig([attempt('failed', { error })]);
    fill();
    await wizard.connect();
    expect([wizard.phase, wizard.error?.hint, wizard.refreshToken.trim()]).toEqual(['entries', 'Copy it again.', 'Atzr|token']);
  });

  it('tells why the first sync did not begin, unless one is under way', async () => {
    for (const [code, told] of [['offline', 'No way out.'], ['busy', undefined]] as const) {
      const refuse = () => Promise.reject(new HostError({ code, message: 'No way out.', hint: null, channel: null }));
      const { wizard, tick, fill } = rig([attempt('connected', { connection: 4 })], refuse);
      fill();
      await wizard.connect();
      await tick();
      expect([wizard.phase, wizard.error?.message], code).toEqual(['connected', told]);
    }
  });

  it('gives up an attempt, and hears no more of it', async () => {
    const { wizard, cancelled, tick, fill } = rig([attempt('testing'), attempt('connected')]);
    fill();
    await wizard.connect();
    wizard.back();
    await tick();
    expect([wizard.phase, wizard.attempt, cancelled]).toEqual(['entries', null, ['a1']]);
  });
});
