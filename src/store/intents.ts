/** Ensures at work, by the digests that they count on. */
import type { StoreContext } from './context.ts';
import { beginLiving, hasAbandoned, type LivingRecord, livingIds, livingRecords, reapLiving } from './living-records.ts';

export interface IntentRecord {
  /** What the ensure is for: the formatted reference. */
  readonly ref: string;
  readonly digests: readonly string[];
  /** Of the partials that it goes on with, where no digest names them. */
  readonly keys?: readonly string[];
}

/** Digests, and keys of partials. */
export const namedBy = ({ digests, keys = [] }: IntentRecord): readonly string[] => [...digests, ...keys];

export type Intent = LivingRecord;

/** Durable on return: from here on nothing that it names is swept. */
export const beginIntent = (context: StoreContext, record: IntentRecord): Promise<Intent> => beginLiving(context, 'intents', record);

/** Intents whose owner lives. A torn one is still being written: its owner has not looked at a blob yet. */
export const liveIntents = async (context: StoreContext): Promise<IntentRecord[]> =>
  (await livingRecords<IntentRecord>(context, 'intents')).filter((record) => record !== undefined);

/** Removes intents of dead owners. What they staged has no owner from here on. */
export const reapIntents = (context: StoreContext): Promise<void> => reapLiving(context, 'intents');

/** Whether an ensure died at work here: what it left is mended by whoever takes a model's lock next. */
export const hasDeadIntents = (context: StoreContext): Promise<boolean> => hasAbandoned(context, 'intents');

/** Also those of dead owners. */
export const intentIds = (context: StoreContext): string[] => livingIds(context, 'intents');
