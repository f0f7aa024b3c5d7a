/** Giving every snapshot the new inode of a digest whose blob was replaced: see docs/store-format.md, "Healing". */
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { removePath } from './remove-path.ts';
import type { SnapshotFile, SnapshotRecord } from './snapshot-record.ts';
import { listSnapshots, readSnapshot, writeSnapshot } from './snapshots.ts';
import { isUntouched, lstatOrNothing, readStatKey, type StatKey } from './stat-key.ts';
import { withStateLock } from './state-lock.ts';

/**
 * Call under the digest's lock, with the blob proven.
 * @returns the paths that were relinked, relative to the root.
 */
export async function healBlob(context: StoreContext, blobs: Blobs, digest: Sha256): Promise<string[]> {
  return withStateLock(context, `heal ${digest}`, async () => {
    const healed: string[] = [];
    for (const directory of listSnapshots(context)) {
      const record = readSnapshot(context, directory);
      if (record !== undefined) healed.push(...(await healSnapshot({ context, blobs, digest, directory, record })));
    }
    await blobs.marks.clear(digest);
    return healed;
  });
}

interface Healing {
  readonly context: StoreContext;
  readonly blobs: Blobs;
  readonly digest: Sha256;
  readonly directory: string;
  readonly record: SnapshotRecord;
}

async function healSnapshot(healing: Healing): Promise<string[]> {
  const { context, digest, directory, record } = healing;
  const healed: string[] = [];
  const files: SnapshotFile[] = [];
  for (const file of record.files) {
    const relinked = file.sha256 === digest ? await relink(healing, file) : undefined;
    files.push(relinked ?? file);
    if (relinked !== undefined) healed.push(context.resolver.relative(context.resolver.modelFile(directory, file.path)));
  }
  if (healed.length > 0) await writeSnapshot(context, directory, { ...record, files });
  return healed;
}

/** Undefined where the file is the blob's inode already; and where its folder is gone, or a folder has its name: then the snapshot is not ours to mend. */
async function relink(healing: Healing, file: SnapshotFile): Promise<SnapshotFile | undefined> {
  const { context, blobs, digest, directory } = healing;
  const path = context.resolver.modelFile(directory, file.path);
  if (!isFolder(dirname(path)) || isFolder(path)) return undefined;
  if (readStatKey(path)?.ino === readStatKey(blobs.path(digest))?.ino) return undefined;
  // In the trash, where somebody finds it if we die: a stranger in a snapshot would stay there.
  const scratch = context.resolver.trashDir(context.random.uuid());
  await makeDirectory(context, scratch);
  try {
    const temporary = context.resolver.modelFile(scratch, 'link');
    const linked = await blobs.linkTo(digest, temporary);
    if (linked === undefined) throw new ModelError('CONCURRENT_MODIFICATION', `the blob ${digest} changed while its links were healed`);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    const { reflinkOf: _, ...rest } = file;
    return { ...rest, ...linked, key: await keyAfterRename(healing, path, linked.key) };
  } catch (error) {
    throw fsError(error, `relink ${path}`);
  } finally {
    await removePath(scratch);
  }
}

const isFolder = (path: string): boolean => lstatOrNothing(path)?.isDirectory() === true;

/** A rename moves ctime on most file systems; a hard link shares it with the blob, whose ledger record must follow. */
async function keyAfterRename({ blobs, digest }: Healing, path: string, before: StatKey): Promise<StatKey> {
  const key = readStatKey(path);
  if (key === undefined || !isUntouched(before, key))
    throw new ModelError('CONCURRENT_MODIFICATION', `${path} was changed by somebody else while it was healed`);
  if (readStatKey(blobs.path(digest))?.ino === key.ino) await blobs.ledger.rekey(digest, key);
  return key;
}
