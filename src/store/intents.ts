/** Ensures at work, by the digests that they count on; and uploads, which are at work as long as somebody may go on with them. */
import type { Sha256 } from '../domain/digest.ts';
import type { StoreContext } from './context.ts';
import { beginLiving, hasAbandoned, type LivingLines, livingIds, livingRecords, reapLiving } from './living-records.ts';
import { uploadHolds } from './upload-records.ts';

export interface IntentRecord {
  /** What the ensure is for: the formatted reference. */
  readonly ref: string;
  readonly digests: readonly string[];
  /** Of the partials that it goes on with, where no digest names them. */
  readonly keys?: readonly string[];
}

/** Digests, and keys of partials. */
export const namedBy = ({ digests, keys = [] }: IntentRecord): readonly string[] => [...digests, ...keys];

export interface Intent {
  readonly uuid: string;
  /**
   * Names a digest that was learned meanwhile, where it is not named yet: durable once this resolves. Call it before the blob is looked at
   * or made.
   */
  name(digest: Sha256): Promise<void>;
  /** May be called more than once. */
  end(): Promise<void>;
}

/** Durable on return: from here on nothing that it names is swept. */
export async function beginIntent(context: StoreContext, record: IntentRecord): Promise<Intent> {
  const { ref } = record;
  const { uuid, add, end } = await beginLiving(context, 'intents', record);
  const named = new Set(record.digests);
  const name = async (digest: Sha256): Promise<void> => {
    if (named.has(digest)) return;
    await add({ ref, digests: [digest] });
    named.add(digest);
  };
  return { uuid, name, end };
}

/** Intents whose owner lives. A torn one is still being written: its owner has not looked at a blob yet. */
export const liveIntents = async (context: StoreContext): Promise<IntentRecord[]> => [
  ...(await livingRecords<IntentRecord>(context, 'intents')).flatMap((lines) => (lines === undefined ? [] : [inOne(lines)])),
  ...uploadHolds(context),
];

const inOne = ([first, ...added]: LivingLines<IntentRecord>): IntentRecord => ({
  ...first,
  digests: [...first.digests, ...added.flatMap(({ digests }) => digests)],
});

/** Removes intents of dead owners. What they staged has no owner from here on. */
export const reapIntents = (context: StoreContext): Promise<void> => reapLiving(context, 'intents');

/** Whether an ensure died at work here: what it left is mended by whoever takes a model's lock next. */
export const hasDeadIntents = (context: StoreContext): Promise<boolean> => hasAbandoned(context, 'intents');

/** Also those of dead owners. */
export const intentIds = (context: StoreContext): string[] => livingIds(context, 'intents');
