/** A root gets another id: in two steps, so that who is killed between them goes on with the same one. */
import { ModelError } from '../domain/errors.ts';
import type { StoreContext } from './context.ts';
import { readStoreRecord, type StoreRecord } from './open-store.ts';
import { writeRecord } from './record.ts';

/** On record before anybody hears of it. Call under the lock `store`. */
export async function beginStoreId(context: StoreContext): Promise<string> {
  const record = requireStore(context);
  if (record.becoming !== undefined) return record.becoming;
  const becoming = context.random.uuid();
  await write(context, { ...record, becoming });
  return becoming;
}

/** From here on the root has the id that was begun. Call under the lock `store`. */
export async function takeStoreId(context: StoreContext): Promise<void> {
  const { becoming, ...record } = requireStore(context);
  if (becoming !== undefined) await write(context, { ...record, store_id: becoming });
}

const write = (context: StoreContext, record: StoreRecord): Promise<void> =>
  writeRecord(context, context.resolver.storeFile(), record, { durable: true });

/** @throws ModelError INVALID_INPUT with reason store_unknown */
export function requireStore(context: StoreContext): StoreRecord {
  const record = readStoreRecord(context);
  if (record !== undefined) return record;
  throw new ModelError('INVALID_INPUT', `${context.resolver.root} is no store yet`, {
    reason: 'store_unknown',
    hint: 'set MODELS_ROOT to the one that is meant; where only its STORE.json was lost, `wan models rebuild` makes a new one',
  });
}
