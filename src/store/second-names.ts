/** Whether a blob's second name costs its size again: on a volume with neither hard links nor reflinks. */
import { constants, statfsSync } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isModelError } from '../domain/errors.ts';
import { isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';
import { fileSystemName } from './file-system-name.ts';
import { removePath } from './remove-path.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { listSnapshots, readSnapshot } from './snapshots.ts';
import { readStatKey } from './stat-key.ts';

const LINKLESS: ReadonlySet<string | undefined> = new Set(['vfat', 'exfat']);
/** What a file system answers that cannot do it; anything else says nothing. */
const UNSUPPORTED = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY', 'EPERM'] as const;

const known = new Map<string, Promise<boolean>>();

/** Tries it, once for each root in the life of the process. Call when the store is open and written to anyway. */
export function secondNamesCost(context: StoreContext): Promise<boolean> {
  const { root } = context.resolver;
  const found = known.get(root) ?? tryLinks(context);
  known.set(root, found);
  return found;
}

async function tryLinks({ resolver, random, ...context }: StoreContext): Promise<boolean> {
  const [source, destination] = [resolver.cacheTag(), resolver.recordTemp(random.uuid())];
  const makers = [() => link(source, destination), () => copyFile(source, destination, constants.COPYFILE_FICLONE_FORCE)];
  try {
    await makeDirectory({ resolver, random, ...context }, dirname(destination));
    for (const make of makers) if (await works(make)) return false;
    return true;
  } catch (error) {
    // A full disk, say: whoever writes next will tell.
    if (isModelError(error)) return false;
    throw error;
  } finally {
    await removePath(destination);
  }
}

/** Where it could not be tried, it counts as working. */
async function works(make: () => Promise<void>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    return !isErrno(error, ...UNSUPPORTED);
  }
}

/** As far as it can be told without writing: by what is published here, else by the name of the file system. */
export function secondNamesSeemToCost(context: StoreContext): boolean {
  const { resolver } = context;
  for (const directory of listSnapshots(context)) {
    for (const file of readSnapshot(context, directory)?.files ?? []) {
      const [blob, own] = [readStatKey(resolver.blobPath(file.sha256)), readStatKey(resolver.modelFile(directory, file.path))];
      if (blob !== undefined && own !== undefined) return blob.ino !== own.ino && file.reflinkOf === undefined;
    }
  }
  return LINKLESS.has(fileSystemOf(resolver.root));
}

/** Bytes of copies in a snapshot's own folder, where second names cost: what goes with it, whoever else counts on its blobs. */
export const ownBytesOf = (record: SnapshotRecord | undefined, isCopying: boolean): number =>
  isCopying ? (record?.files ?? []).reduce((sum, { key }) => sum + key.sizeBytes, 0) : 0;

function fileSystemOf(path: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return fileSystemName(statfsSync(path, { bigint: true }).type);
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || dirname(path) === path) return undefined;
    return fileSystemOf(dirname(path));
  }
}
