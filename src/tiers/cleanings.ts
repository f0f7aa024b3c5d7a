/**
 * Who clears a tier says so there before it reads what is counted on; who comes to count on something says that first, and then
 * looks for those who clear. So one of the two always sees the other, on one machine or on several.
 */
import { ModelError } from '../domain/errors.ts';
import type { StoreContext } from '../store/context.ts';
import { decodeRecord, encodeRecord } from '../store/record.ts';
import type { TierPlace } from './tier-place.ts';

const CLEANING = 'cleaning';
/** Whoever clears stops by itself long before its word counts no more. */
const CLEARING_MS = 30 * 60_000;
const WORD_MS = 60 * 60_000;
const POLL_MS = 2000;
const TAKE_BACK_MS = 10_000;

export interface CleaningOptions {
  readonly store: StoreContext;
  readonly storeId: string;
  readonly signal: AbortSignal;
}

interface CleaningWord {
  readonly store_id: string;
  /** Since the epoch. */
  readonly at_ms: number;
}

/** @param use is handed what says whether it may still remove something: to be asked right before each removal */
export async function withCleaning<T>(
  place: TierPlace,
  { store, storeId, signal }: CleaningOptions,
  use: (mayGoOn: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const key = `${CLEANING}/${store.random.uuid()}`;
  const word: CleaningWord = { store_id: storeId, at_ms: store.clock.now() };
  const startedMs = store.clock.monotonic();
  // Also after an abort, and where it is not known whether it was written: it holds up everybody who comes to count on something.
  const takeBack = (): Promise<void> => place.remove(key, AbortSignal.timeout(TAKE_BACK_MS));
  let result: T;
  try {
    await place.writeText(key, `${encodeRecord(word)}\n`, { signal });
    // The one clock stands still while the machine sleeps, the other may be set.
    const elapsedMs = (): number => Math.max(store.clock.monotonic() - startedMs, Math.abs(store.clock.now() - word.at_ms));
    result = await use(async () => elapsedMs() < CLEARING_MS && (await place.readText(key, signal)) !== undefined);
  } catch (error) {
    // The word counts no more in an hour anyway: what went wrong first is what matters.
    await takeBack().catch(() => undefined);
    throw error;
  }
  await takeBack();
  return result;
}

/**
 * Whoever clears for this root stops, as its word is gone: called by the one who holds the tier's lock, where that may lock nobody out
 * (a volume of the network, a second machine with this root).
 */
export async function stopOwnCleanings(place: TierPlace, options: CleaningOptions): Promise<void> {
  await livingCleanings(place, options);
}

/** Those of this root are dead: the caller holds the tier's lock. @throws ModelError LOCK_TIMEOUT */
export async function awaitCleanings(place: TierPlace, { store, storeId, signal }: CleaningOptions): Promise<void> {
  const deadlineMs = store.clock.monotonic() + store.lockTimeoutMs;
  for (;;) {
    const others = await livingCleanings(place, { store, storeId, signal });
    if (others.length === 0) return;
    if (store.clock.monotonic() > deadlineMs) throw stillCleared(place.label);
    await store.clock.sleep(POLL_MS, signal);
  }
}

async function livingCleanings(place: TierPlace, { store, storeId, signal }: CleaningOptions): Promise<string[]> {
  const living: string[] = [];
  for (const key of await place.keysUnder(CLEANING, signal)) {
    const text = await place.readText(key, signal);
    if (text === undefined) continue;
    const word = decodeRecord<CleaningWord>(text);
    const isDead = word?.store_id === storeId || (word !== undefined && Math.abs(store.clock.now() - word.at_ms) > WORD_MS);
    if (isDead) await place.remove(key, signal);
    else living.push(key);
  }
  return living;
}

const stillCleared = (label: string): ModelError =>
  new ModelError('LOCK_TIMEOUT', `another machine is clearing ${label}`, {
    reason: 'tier_cleared',
    hint: 'run the same command again in a while; what a machine that died was at counts no more after an hour',
    details: { place: label },
  });
