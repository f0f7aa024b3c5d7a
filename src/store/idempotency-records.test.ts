import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { storeContextOf, testStore } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { type Claimed, IdempotencyRecords } from './idempotency-records.ts';

const [KEY, REQUEST] = ['a'.repeat(64), 'one'];
const answer = { status: 201, headers: { location: '/x' }, body: '{"a":1}' };

function claimOf(claimed: Claimed) {
  if (typeof claimed === 'string' || !('claim' in claimed)) throw new Error(`no claim: ${JSON.stringify(claimed)}`);
  return claimed.claim;
}

async function records() {
  const { context } = await testStore();
  return { context, first: new IdempotencyRecords(context), second: new IdempotencyRecords(storeContextOf(context.resolver.root)) };
}

describe('a key', () => {
  it('is done once, and its answer is told to whoever asks again, in another process too', async () => {
    const { context, first, second } = await records();
    await claimOf(await first.claim(KEY, REQUEST)).finish(answer);
    expect(await second.claim(KEY, REQUEST)).toEqual({ answer });
    expect(await second.claim(KEY, 'another')).toBe('other_request');
    expect(await checkInvariants(context.resolver.root)).toEqual([]);
  });

  it('is under way until it is finished or released', async () => {
    const { first, second } = await records();
    const claim = claimOf(await first.claim(KEY, REQUEST));
    expect([await second.claim(KEY, REQUEST), await second.claim(KEY, 'another')]).toEqual(['under_way', 'other_request']);
    await claim.release();
    await claimOf(await second.claim(KEY, 'another')).finish(answer);
    expect(await first.claim(KEY, 'another')).toEqual({ answer });
  });

  it('whose owner was killed is begun again by the same request, and by no other', async () => {
    const { context, first } = await records();
    const child = fork(join(import.meta.dirname, 'fixtures', 'claim-key.ts'), [context.resolver.root, KEY, REQUEST]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    expect(await first.claim(KEY, REQUEST)).toBe('under_way');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await first.claim(KEY, 'another')).toBe('other_request');
    await claimOf(await first.claim(KEY, REQUEST)).finish(answer);
    expect(await first.claim(KEY, REQUEST)).toEqual({ answer });
  });

  it('counts for a day, and is removed then', async () => {
    const { context, first, second } = await records();
    await claimOf(await first.claim(KEY, REQUEST)).finish(answer);
    utimesSync(context.resolver.stateFile('idempotency', KEY), 1, 1);
    await claimOf(await second.claim('b'.repeat(64), REQUEST)).finish(answer);
    expect(readdirSync(context.resolver.stateDir('idempotency'))).toEqual(['b'.repeat(64)]);
    expect(claimOf(await first.claim(KEY, 'another'))).toBeDefined();
  });
});
