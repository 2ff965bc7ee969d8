import { describe, expect, it } from 'vitest';
import { HostError } from '../host';
import { Resource } from './resource.svelte';

function later<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('Resource', () => {
  it('shows the last good value while a newer one loads', async () => {
    const resource = new Resource<number>();
    expect(resource.blank, 'nothing was asked yet').toBe(true);
    await resource.load(async () => 1);
    const next = later<number>();
    const loading = resource.load(() => next.promise);
    expect([resource.value, resource.loading], 'the old value stays on screen').toEqual([1, true]);
    next.resolve(2);
    await loading;
    expect([resource.value, resource.loading]).toEqual([2, false]);
  });

  it('ignores an answer that was overtaken', async () => {
    const resource = new Resource<string>();
    const [slow, fast] = [later<string>(), later<string>()];
    const first = resource.load(() => slow.promise);
    const second = resource.load(() => fast.promise);
    fast.resolve('new range');
    await second;
    slow.resolve('old range');
    await first;
    expect(resource.value, 'the figures of a range that is no longer asked for never appear').toBe('new range');
  });

  it('keeps an error until a load succeeds', async () => {
    const resource = new Resource<number>();
    const error = new HostError({ code: 'locked', message: 'Locked.', hint: 'Unlock it.', channel: null });
    await resource.load(() => Promise.reject(error));
    expect([resource.error?.code, resource.loading, resource.blank]).toEqual(['locked', false, false]);
    await resource.load(async () => 5);
    expect([resource.value, resource.error], 'a good answer takes the error away').toEqual([5, null]);
  });

  it('gives anything that was thrown a code', async () => {
    const resource = new Resource<number>();
    await resource.load(() => Promise.reject(new TypeError('x is undefined')));
    expect(resource.error?.code, 'a defect is shown, not swallowed').toBe('internal');
  });

  it('forgets on request, also what is still under way', async () => {
    const resource = new Resource<number>();
    const slow = later<number>();
    const loading = resource.load(() => slow.promise);
    resource.clear();
    slow.resolve(9);
    await loading;
    expect([resource.value, resource.loading]).toEqual([null, false]);
  });
});
