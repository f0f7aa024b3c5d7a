/**
 * Counters that outlive processes: `.state/metrics` of docs/store-format.md. Whoever has counted writes a record of its own and waits for
 * nobody; now and then somebody adds the records up into one, each exactly once.
 */
import { isModelError } from '../domain/errors.ts';
import type { Count } from '../domain/metrics.ts';
import { Counts } from '../observability/metrics/counts.ts';
import type { StoreContext } from '../store/context.ts';
import { listNames } from '../store/list-names.ts';
import { readRecord, removeRecord, writeRecord } from '../store/record.ts';

const TOTALS = 'totals';
/** Records that may lie beside the totals before they are added up. */
const FOLD_AT = 32;
/** Of a reader that meets somebody who adds up. */
const MAX_LOOKS = 50;
const LOOK_PAUSE_MS = 5;

interface CountRecord {
  readonly schema: 'wan.metrics/v1';
  readonly counts: readonly Count[];
}

interface Totals extends CountRecord {
  /** Rises with each writing. */
  readonly generation: number;
  /** Records that are added up in it, and may still be there. */
  readonly folded: readonly string[];
}

const NOTHING: Totals = { schema: 'wan.metrics/v1', generation: 0, folded: [], counts: [] };

/**
 * What was counted is on disk on return, though after a power loss it may be gone.
 * @throws ModelError where it cannot be written; then nothing of it counts
 */
export async function writeCounts(store: StoreContext, counts: readonly Count[]): Promise<void> {
  const record: CountRecord = { schema: 'wan.metrics/v1', counts };
  await writeRecord(store, store.resolver.stateFile('metrics', store.random.uuid()), record, { durable: false });
  if (namesOf(store).length <= FOLD_AT) return;
  try {
    await foldCounts(store);
  } catch (error) {
    // It counts already, and whoever told that it does not would count it twice: the next writer tries again.
    if (!isModelError(error)) throw error;
  }
}

/** Adds up all records. Somebody else who is at it does it for us. */
export async function foldCounts(store: StoreContext): Promise<void> {
  const lease = await store.locks.tryAcquire(store.resolver.metricsLock(), { doing: 'add up what was counted' });
  if (lease === undefined) return;
  try {
    await fold(store);
  } finally {
    await lease.release();
  }
}

async function fold(store: StoreContext): Promise<void> {
  const before = readTotals(store);
  const names = namesOf(store);
  const known = new Set(before.folded);
  const fresh = names.filter((name) => !known.has(name));
  const counts = new Counts().add(before.counts);
  for (const name of fresh) counts.add(readOne(store, name)?.counts ?? []);
  // From the moment that this is there, the records named in it count no more: only then they go.
  const after: Totals = { ...NOTHING, generation: before.generation + 1, folded: names, counts: counts.all() };
  await writeRecord(store, pathOf(store, TOTALS), after, { durable: true });
  for (const name of names) await removeRecord(pathOf(store, name), { durable: false });
}

/** All that was ever counted, never less than a reader before was told. Changes nothing on disk. */
export async function readCounts(store: StoreContext): Promise<readonly Count[]> {
  for (let look = 1; ; look++) {
    const totals = readTotals(store);
    const known = new Set(totals.folded);
    const counts = new Counts().add(totals.counts);
    for (const name of namesOf(store)) if (!known.has(name)) counts.add(readOne(store, name)?.counts ?? []);
    // Somebody added up meanwhile: what was a record may be in the totals by now, which we did not see.
    if (look === MAX_LOOKS || readTotals(store).generation === totals.generation) return counts.all();
    await store.clock.sleep(LOOK_PAUSE_MS);
  }
}

const readTotals = (store: StoreContext): Totals => readRecord<Totals>(pathOf(store, TOTALS)) ?? NOTHING;

/** Undefined for one that is gone, or torn by a power loss. */
const readOne = (store: StoreContext, name: string): CountRecord | undefined => readRecord<CountRecord>(pathOf(store, name));

/** In the order of their names: the same for whoever adds up and whoever reads. */
const namesOf = ({ resolver }: StoreContext): string[] =>
  listNames(resolver.stateDir('metrics'))
    .filter((name) => name !== TOTALS)
    .sort();

const pathOf = ({ resolver }: StoreContext, name: string): string => resolver.stateFile('metrics', name);
