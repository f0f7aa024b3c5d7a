/** How many forced fetches of a model have completed: one serves all who asked before it did. */
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { StoreContext } from './context.ts';
import { readRecord, writeRecord } from './record.ts';

interface ForcedRecord {
  readonly completed: number;
}

export function forcedCount(context: StoreContext, family: string, ref: CanonicalRef): number {
  return readRecord<ForcedRecord>(path(context, family, ref))?.completed ?? 0;
}

/** Call under the model's lock. */
export async function countForced(context: StoreContext, family: string, ref: CanonicalRef): Promise<void> {
  const completed = forcedCount(context, family, ref) + 1;
  await writeRecord(context, path(context, family, ref), { completed }, { durable: false });
}

const path = (context: StoreContext, family: string, ref: CanonicalRef): string =>
  context.resolver.stateFile('forced', context.resolver.refName(family, ref));
