import { describe, expect, it } from 'vitest';
import { MemoryBackend } from '../backends/memory/memory-backend.ts';
import { SourceTrust } from './source-trust.ts';

const sourcesOf = (...labels: string[]) => labels.map((label) => ({ backend: new MemoryBackend({}, label), path: 'a' }));
const suppliers = (...labels: string[]) => labels.map((label, index) => ({ index, label }));

describe('trust in sources', () => {
  it('asks in the order given, and nobody twice who has failed', () => {
    const [a, b] = sourcesOf('a', 'b');
    if (a === undefined || b === undefined) throw new Error('no sources');
    const trust = new SourceTrust([a, b], 3);
    expect(trust.next()).toBe(a);
    expect(trust.hasOther(a)).toBe(true);
    trust.failed(a);
    expect(trust.next()).toBe(b);
    trust.failed(b);
    expect([trust.next(), trust.lastResort()]).toEqual([undefined, undefined]);
  });

  it('calls a sole supplier of a wrong file a liar', () => {
    const trust = new SourceTrust(sourcesOf('a', 'b'), 3);
    expect(trust.mismatch({ suppliers: suppliers('a'), hasResumed: false, found: 'x' })).toEqual({ kind: 'liar', label: 'a' });
    expect(trust.next()?.backend.label).toBe('b');
  });

  it('blames nobody for pieces that were there before', () => {
    const trust = new SourceTrust(sourcesOf('a'), 3);
    expect(trust.mismatch({ suppliers: suppliers('a'), hasResumed: true, found: 'x' })).toEqual({ kind: 'distrust-resumed' });
    expect(trust.liars.size).toBe(0);
  });

  it('suspects strangers first, then the lowest priority, and names the last suspect once the file is right', () => {
    const trust = new SourceTrust(sourcesOf('a', 'b', 'c'), 3);
    expect(trust.mismatch({ suppliers: suppliers('b', 'stranger', 'a'), hasResumed: false, found: 'x' })).toMatchObject({
      label: 'stranger',
    });
    expect(trust.mismatch({ suppliers: suppliers('b', 'a'), hasResumed: false, found: 'y' })).toMatchObject({
      kind: 'suspect',
      label: 'b',
    });
    expect(trust.next()?.backend.label).toBe('a');
    expect(trust.match()).toEqual({ label: 'b', found: 'y' });
    expect([...trust.liars.keys()]).toEqual(['b']);
  });

  it('names no earlier suspect where the file is right after another one gave it whole', () => {
    const trust = new SourceTrust(sourcesOf('a', 'b', 'c'), 3);
    trust.mismatch({ suppliers: suppliers('a', 'b', 'c'), hasResumed: false, found: 'x' });
    trust.mismatch({ suppliers: suppliers('a', 'b'), hasResumed: false, found: 'y' });
    expect(trust.mismatch({ suppliers: suppliers('a'), hasResumed: false, found: 'z' })).toEqual({ kind: 'liar', label: 'a' });
    expect(trust.lastResort()?.backend.label).toBe('b');
    expect(trust.match()).toBeUndefined();
    expect([...trust.liars.keys()]).toEqual(['a']);
  });

  it('names no earlier suspect where the file is right after a source that is trusted gave it whole', () => {
    const trust = new SourceTrust(sourcesOf('a', 'b', 'c'), 3);
    trust.mismatch({ suppliers: suppliers('a', 'b'), hasResumed: false, found: 'x' });
    trust.mismatch({ suppliers: suppliers('a'), hasResumed: false, found: 'y' });
    expect(trust.next()?.backend.label).toBe('c');
    expect(trust.match()).toBeUndefined();
  });

  it('suspects an older state of a source before its newer one', () => {
    const trust = new SourceTrust(sourcesOf('a'), 3);
    const states = [
      { index: 4, label: 'a' },
      { index: 2, label: 'a' },
    ];
    expect(trust.mismatch({ suppliers: states, hasResumed: false, found: 'x' })).toMatchObject({ index: 2 });
    expect(trust.next()).toBeUndefined();
    expect(trust.lastResort()?.backend.label).toBe('a');
    expect(trust.match()).toBeUndefined();
  });

  it('gives a liar another chance until it gives the same wrong file twice', () => {
    const trust = new SourceTrust(sourcesOf('a'), 9);
    const lie = (found: string) => trust.mismatch({ suppliers: suppliers('a'), hasResumed: false, found });
    lie('x');
    expect([trust.next(), trust.secondChance()?.backend.label]).toEqual([undefined, 'a']);
    lie('y');
    expect(trust.secondChance()?.backend.label).toBe('a');
    lie('x');
    expect(trust.secondChance()).toBeUndefined();
  });
});
