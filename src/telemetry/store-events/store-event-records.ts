/**
 * `.state/events` of docs/store-format.md: the last events of a root, one record each, numbered. Reading takes no lock and changes nothing.
 */
import type { StoreEvent, StoreEventDraft } from '../../domain/store-events.ts';
import type { StoreContext } from '../../store/context.ts';
import { listNames } from '../../store/list-names.ts';
import { readRecord, removeRecord, writeRecord } from '../../store/record.ts';

/** So many stay. */
export const KEPT_EVENTS = 1000;
/** Removed together, so that not each event removes one. */
const SLACK = 50;
const DIGITS = 12;

/** Durable on return. @throws ModelError where it cannot be written */
export async function writeStoreEvents(store: StoreContext, drafts: readonly StoreEventDraft[]): Promise<void> {
  const { locks, resolver, lockTimeoutMs } = store;
  const lease = await locks.acquire(resolver.eventsLock(), { timeoutMs: lockTimeoutMs, doing: 'note what happened' });
  try {
    const numbers = numbersIn(store);
    let seq = numbers.at(-1) ?? 0;
    for (const draft of drafts) {
      const event: StoreEvent = { schema: 'wan.store_event/v1', seq: ++seq, ...draft };
      await writeRecord(store, pathOf(store, seq), event, { durable: true });
    }
    if (numbers.length > KEPT_EVENTS + SLACK)
      for (const old of numbers.slice(0, numbers.length - KEPT_EVENTS)) await removeRecord(pathOf(store, old), { durable: false });
  } finally {
    await lease.release();
  }
}

export interface Happened {
  /** Oldest first. */
  readonly events: readonly StoreEvent[];
  /** Number up to which all was looked at. */
  readonly seq: number;
  /** How many came after `seq` that was asked for, and are gone by now. */
  readonly missed: number;
}

/** Number of the newest event; 0: none yet. */
export const newestStoreEvent = (store: StoreContext): number => numbersIn(store).at(-1) ?? 0;

/** What happened after the event of that number. */
export function storeEventsSince(store: StoreContext, seq: number): Happened {
  const all = numbersIn(store);
  // Somebody has removed them: numbers begin anew.
  if ((all.at(-1) ?? seq) < seq) return storeEventsSince(store, 0);
  const numbers = all.filter((number) => number > seq);
  const events = numbers.flatMap((number) => readRecord<StoreEvent>(pathOf(store, number)) ?? []);
  const [first] = numbers;
  return { events, seq: numbers.at(-1) ?? seq, missed: first === undefined ? 0 : first - seq - 1 };
}

const numbersIn = ({ resolver }: StoreContext): number[] =>
  listNames(resolver.stateDir('events'))
    .filter((name) => /^\d{12}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

const pathOf = ({ resolver }: StoreContext, seq: number): string => resolver.stateFile('events', String(seq).padStart(DIGITS, '0'));
