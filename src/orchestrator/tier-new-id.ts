/** `tier new-id`: a root that was copied with its store id comes to count on what lies in the tiers by itself, under an id of its own. */
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { NewTierId } from '../domain/tiers.ts';
import type { LockName } from '../locks/lock-manager.ts';
import { beginStoreId, requireStore, takeStoreId } from '../store/store-id.ts';
import { type ColdRecord, listCold } from '../store/tier-records.ts';
import type { Tier } from '../tiers/tier.ts';
import { otherTier } from '../tiers/tier-errors.ts';
import type { CallOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';
import { requireTier } from './tier-names.ts';
import { type LockedCall, withLock } from './with-model-lock.ts';

/**
 * What is registered under the old id stays: it is that of the root that this one is a copy of.
 * Killed anywhere, the same command goes on with the same id.
 * @throws ModelError where one of the tiers that have something of this root cannot be asked: then nothing counts as done
 */
export async function newTierId(work: Orchestration, options: CallOptions = {}): Promise<NewTierId> {
  const { signal = new AbortController().signal } = options;
  const { resolver } = work.store;
  requireStore(work.store);
  const call = { doing: 'tier new-id', emit: work.emitter(options, 'tier new-id'), signal };
  const names = work.tiers.settings.map(({ name }) => resolver.tierLock(name));
  return withLocks(work, [...names, resolver.storeLock()], call, async () => {
    const { store_id: before } = requireStore(work.store);
    const tiers = await tiersOf(work, listCold(work.store), signal);
    const ids = [...new Set([...tiers.values()].map(({ id }) => id))].sort();
    const locks = ids.map((id) => resolver.tierIdLock(id));
    return withLocks(work, locks, call, () => renew(work, { before, tiers, signal }));
  });
}

interface Renewal {
  readonly before: string;
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly signal: AbortSignal;
}

async function renew(work: Orchestration, { before, tiers, signal }: Renewal): Promise<NewTierId> {
  const storeId = await beginStoreId(work.store);
  const counted: CanonicalRef[] = [];
  const missing: CanonicalRef[] = [];
  for (const record of listCold(work.store)) {
    const isWhole = await countOn(tiers.get(record.tier)?.as(storeId), record, signal);
    (isWhole ? counted : missing).push(record.snapshot.ref);
  }
  await takeStoreId(work.store);
  return { storeId, before, counted, missing };
}

/** First the word, then the look: who clears the tier meanwhile is waited for, or sees it. What is left of it there stays. @returns whether that is all */
async function countOn(tier: Tier | undefined, record: ColdRecord, signal: AbortSignal): Promise<boolean> {
  if (tier === undefined) return false;
  await tier.register(record, 'moving', signal);
  const isWhole = await tier.hasAll(record, signal);
  await tier.register(record, 'whole', signal);
  return isWhole;
}

/** By their names; all that this root has something in. */
async function tiersOf(work: Orchestration, records: readonly ColdRecord[], signal: AbortSignal): Promise<ReadonlyMap<string, Tier>> {
  const tiers = new Map<string, Tier>();
  for (const { tier: name, tierId } of records) {
    const settings = requireTier(work, name);
    const tier = tiers.get(name) ?? (await work.tiers.look(settings, signal));
    if (tier?.id !== tierId) throw otherTier(name, settings.place.kind === 'path' ? settings.place.path : settings.place.url);
    tiers.set(name, tier);
  }
  return tiers;
}

const withLocks = <T>(work: Orchestration, [first, ...rest]: readonly LockName[], call: LockedCall, use: () => Promise<T>): Promise<T> =>
  first === undefined ? use() : withLock(work, first, call, () => withLocks(work, rest, call, use));
