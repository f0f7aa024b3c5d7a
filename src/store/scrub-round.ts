/** A scrub under way: a blob that was proven, or marked, since it began has had its turn. Removed when every blob has. */
import { formatSubset, type Subset } from '../domain/subset.ts';
import type { StoreContext } from './context.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';

/** What was asked for: another question is another round. */
export interface ScrubQuestion {
  readonly subset?: Subset;
  readonly maxAgeMs?: number;
}

export interface ScrubRound {
  readonly startedMs: number;
  readonly isResumed: boolean;
}

interface RoundRecord {
  /** ISO 8601. */
  readonly started_at: string;
  readonly question: string;
}

/** Goes on with the round that asked the same, else begins one. Lost, blobs are read once more: not durable. */
export async function beginRound(context: StoreContext, question: ScrubQuestion): Promise<ScrubRound> {
  const asked = JSON.stringify([question.subset && formatSubset(question.subset), question.maxAgeMs]);
  const record = readRecord<RoundRecord>(pathOf(context));
  const startedMs = Date.parse(record?.started_at ?? '');
  // One that lies in the future was begun before the clock was set back.
  if (record?.question === asked && startedMs <= context.clock.now()) return { startedMs, isResumed: true };
  const now = context.clock.now();
  const body: RoundRecord = { started_at: new Date(now).toISOString(), question: asked };
  await writeRecord(context, pathOf(context), body, { durable: false });
  return { startedMs: now, isResumed: false };
}

export const endRound = (context: StoreContext): Promise<void> => removeRecord(pathOf(context), { durable: false });

const pathOf = (context: StoreContext): string => context.resolver.stateFile('scrub', 'round');
