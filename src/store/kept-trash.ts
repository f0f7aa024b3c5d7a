/**
 * Removed snapshots that are kept for a while: `.trash/{uuid}/` with a record beside the snapshot. As long as the record is there it is a
 * reference to its blobs; purging begins with removing that record, and what is left then is debris as any other.
 */
import { join } from 'node:path';
import type { Sha256 } from '../domain/digest.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { StoreContext } from './context.ts';
import { syncDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { removePath } from './remove-path.ts';
import { digestsIn, lookAtSnapshot } from './snapshots.ts';
import { readStatKey } from './stat-key.ts';
import { withStateLock } from './state-lock.ts';
import { makeTrashFolder } from './trash-folder.ts';

/** Name of a removed snapshot inside its trash folder, whether it is kept or not. */
export const TRASHED_SNAPSHOT = 'snapshot';
const RECORD = 'removed.json';

interface KeptRecord {
  readonly family: string;
  readonly ref: CanonicalRef;
  readonly removed_at: string;
  readonly expires_at: string;
  readonly reason: string;
}

export interface KeptTrash {
  readonly uuid: string;
  /** Absolute: the folder under `.trash`. */
  readonly path: string;
  /** Absolute: what was the model's directory. */
  readonly snapshot: string;
  readonly family: string;
  readonly ref: CanonicalRef;
  /** Milliseconds since the epoch. */
  readonly expiresMs: number;
  readonly reason: string;
}

export interface Keeping {
  readonly family: string;
  readonly ref: CanonicalRef;
  readonly ttlMs: number;
  readonly reason: string;
}

/** Writes the record first: a folder without a snapshot is nothing yet. Call under the state lock. @returns where the snapshot is to go */
export async function beginKeeping(context: StoreContext, { family, ref, ttlMs, reason }: Keeping): Promise<string> {
  const path = await makeTrashFolder(context);
  const now = context.clock.now();
  const record: KeptRecord = {
    family,
    ref,
    removed_at: new Date(now).toISOString(),
    expires_at: new Date(now + ttlMs).toISOString(),
    reason,
  };
  try {
    await writeRecord(context, join(path, RECORD), record, { durable: true });
  } catch (error) {
    // On a full volume this very folder may be what the next removal needs.
    await removePath(path);
    throw error;
  }
  await syncDirectory(context.resolver.trashDir());
  return path;
}

/** Those that are references, expired or not. */
export const keptTrash = (context: StoreContext): KeptTrash[] =>
  listNames(context.resolver.trashDir()).flatMap((uuid) => keptAt(context, uuid) ?? []);

/** Undefined for what a removal left that was cut short. */
export function keptAt(context: StoreContext, uuid: string): KeptTrash | undefined {
  const path = context.resolver.trashDir(uuid);
  const record = readRecord<KeptRecord>(join(path, RECORD));
  const snapshot = join(path, TRASHED_SNAPSHOT);
  if (record === undefined || readStatKey(snapshot) === undefined) return undefined;
  const { family, ref, reason } = record;
  return { uuid, path, snapshot, family, ref, expiresMs: Date.parse(record.expires_at), reason };
}

export const isExpired = (context: StoreContext, { expiresMs }: KeptTrash): boolean => !(expiresMs > context.clock.now());

/** From here on it is debris: no reference any more. Call under the state lock. */
export const endKeeping = (path: string): Promise<void> => removeRecord(join(path, RECORD), { durable: true });

/** What may be removed with it, once nobody else counts on it. */
export interface PurgedTrash {
  readonly path: string;
  readonly digests: readonly Sha256[];
}

/** Ends the keeping of these. @returns what is to be removed, without the state lock */
export async function endKeepings(context: StoreContext, kept: readonly KeptTrash[]): Promise<PurgedTrash[]> {
  if (kept.length === 0) return [];
  await withStateLock(context, 'purge the trash', async () => {
    for (const { path } of kept) await endKeeping(path);
  });
  return kept.map(({ path, snapshot }) => ({ path, digests: digestsIn(context, snapshot) }));
}

/** Digests that kept trash counts on; `unreadable`: folders whose snapshot has no readable record. */
export function keptDigests(context: StoreContext): { readonly digests: Sha256[]; readonly unreadable: string[] } {
  const digests: Sha256[] = [];
  const unreadable: string[] = [];
  for (const { snapshot, path } of keptTrash(context)) {
    const record = lookAtSnapshot(context, snapshot);
    if (record === 'gone') continue;
    if (record === 'unreadable') unreadable.push(path);
    else for (const { sha256 } of record.files) digests.push(sha256);
  }
  return { digests, unreadable };
}
