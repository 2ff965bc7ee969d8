import { afterEach, describe, expect, it, vi } from 'vitest';
import { asHostError, call, HostError } from './host';

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: string) {
  const fetch = vi.fn(async () => new Response(body, { status }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

const failure = async (promise: Promise<unknown>): Promise<HostError> =>
  promise.then(
    () => Promise.reject(new Error('it should have failed')),
    (thrown: unknown) => thrown as HostError,
  );

describe('a call in a browser', () => {
  it('posts its arguments and opens the envelope', async () => {
    const fetch = answer(200, '{"success":true,"data":[{"id":9007199254740991}]}');
    expect(await call('runs', {})).toEqual([{ id: 9007199254740991 }]);
    const [path, request] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect([path, request.method, request.body]).toEqual(['/rpc/runs', 'POST', '{}']);
  });

  it('hands on what the program refuses', async () => {
    answer(400, '{"success":false,"error":{"code":"busy","message":"A sync is running.","hint":"Wait.","channel":"shopify"}}');
    const error = await failure(call('sync', { connection: null, full: false }));
    expect([error.code, error.message, error.hint, error.channel]).toEqual(['busy', 'A sync is running.', 'Wait.', 'shopify']);
  });

  it('takes an answer without envelope for a failure, never for data', async () => {
    for (const [status, body] of [[200, '<html>'], [200, 'null'], [502, ''], [200, '{"data":1}']] as const) {
      answer(status, body);
      expect((await failure(call('runs', {}))).code, body).toBe('internal');
    }
  });

  it('says that the program is gone', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed to fetch')));
    const error = await failure(call('runs', {}));
    expect(error.code).toBe('offline');
    expect(error.hint, 'with the next step').toContain('serve');
  });
});

describe('an error from the window', () => {
  it('keeps its code', () => {
    expect(asHostError({ code: 'locked', message: 'Locked.' }).code).toBe('locked');
  });
  it('is a defect when it has none', () => {
    expect([asHostError('boom').code, asHostError('boom').message]).toEqual(['internal', 'boom']);
    expect(asHostError(null).code).toBe('internal');
  });
});
