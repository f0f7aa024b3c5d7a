import { describe, expect, it } from 'vitest';
import { ModelError } from '../domain/errors.ts';
import { failuresOf, hasFailed, resultsWire, tryEach, valuesOf } from '../wire/tried.ts';

const fail = (code: 'NO_SPACE' | 'OFFLINE') => {
  throw new ModelError(code, code);
};
const act = async (ref: string): Promise<string> =>
  ref === 'full' ? fail('NO_SPACE') : ref === 'off' ? fail('OFFLINE') : ref.toUpperCase();

describe('tryEach', () => {
  it('goes on after a failure and keeps the order', async () => {
    const tried = await tryEach(['a', 'full', 'b', 'off'], new AbortController().signal, act);
    expect(tried.map(hasFailed)).toEqual([false, true, false, true]);
    expect(valuesOf(tried)).toEqual(['A', 'B']);
    expect(failuresOf(tried)[0]?.error.code).toBe('NO_SPACE');
    expect(resultsWire(tried, (value) => ({ ref: 'a@1.0.0', value }))).toMatchObject([
      { ref: 'a@1.0.0', value: 'A', asked: 'a' },
      { ref: 'full', ok: false, error: { code: 'NO_SPACE', attempts: [] } },
      {},
      {},
    ]);
  });

  it('begins nothing more once it is aborted', async () => {
    const controller = new AbortController();
    const tried = await tryEach(['a', 'b', 'c'], controller.signal, async (ref) => {
      if (ref === 'b') controller.abort();
      return ref;
    });
    expect(valuesOf(tried)).toEqual(['a', 'b']);
  });

  it('takes what is no ModelError for a bug', async () => {
    const tried = await tryEach(['a'], new AbortController().signal, () => Promise.reject(new TypeError('oops')));
    expect(failuresOf(tried)[0]?.error).toMatchObject({ code: 'INTERNAL', message: 'oops', exitCode: 1 });
  });
});
