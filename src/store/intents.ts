/** Ensures at work, by the digests that they count on. An intent lives exactly as long as the lock on its file. */
import { fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fsError } from '../domain/fs-error.ts';
import { isFileAbandoned, isFileLocked, openLocked } from '../locks/locked-file.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { encodeRecord, readRecord } from './record.ts';
import { removePath } from './remove-path.ts';

export interface IntentRecord {
  /** What the ensure is for: the formatted reference. */
  readonly ref: string;
  readonly digests: readonly string[];
}

export interface Intent {
  readonly uuid: string;
  end(): Promise<void>;
}

/** Durable on return: from here on nothing that it names is swept. */
export async function beginIntent(context: StoreContext, record: IntentRecord): Promise<Intent> {
  const uuid = context.random.uuid();
  const path = context.resolver.stateFile('intents', uuid);
  await makeDirectory(context, dirname(path));
  const lock = await openLocked(path, { create: true });
  if (lock === undefined) throw new Error(`a new intent is held by another process: ${path}`);
  try {
    ftruncateSync(lock.fd, 0);
    writeSync(lock.fd, encodeRecord(record), 0);
    fsyncSync(lock.fd);
    await syncDirectory(dirname(path));
  } catch (error) {
    await removePath(path);
    lock.close();
    throw fsError(error, `write the intent ${path}`);
  }
  return {
    uuid,
    end: async () => {
      try {
        await removePath(path);
      } finally {
        lock.close();
      }
    },
  };
}

/** Intents whose owner lives. A torn one is still being written: its owner has not looked at a blob yet. */
export async function liveIntents(context: StoreContext): Promise<IntentRecord[]> {
  const live: IntentRecord[] = [];
  for (const uuid of intentIds(context)) {
    const path = context.resolver.stateFile('intents', uuid);
    const record = (await isFileLocked(path)) ? readRecord<IntentRecord>(path) : undefined;
    if (record !== undefined) live.push(record);
  }
  return live;
}

/** Removes intents of dead owners. What they staged has no owner from here on. */
export async function reapIntents(context: StoreContext): Promise<void> {
  for (const uuid of intentIds(context)) {
    const path = context.resolver.stateFile('intents', uuid);
    const lock = await openLocked(path, { create: false });
    if (lock === undefined) continue;
    await removePath(path);
    lock.close();
  }
}

/** Whether an ensure died at work here: what it left is mended by whoever takes a model's lock next. */
export async function hasDeadIntents(context: StoreContext): Promise<boolean> {
  for (const uuid of intentIds(context)) {
    if (await isFileAbandoned(context.resolver.stateFile('intents', uuid))) return true;
  }
  return false;
}

/** Also those of dead owners. */
export const intentIds = (context: StoreContext): string[] => listNames(context.resolver.stateDir('intents'));
