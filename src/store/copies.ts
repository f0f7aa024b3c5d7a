/** Where the bytes of a digest may lie on this machine, right or wrong: its blob, and files of snapshots that are inodes of their own. */
import type { Sha256 } from '../domain/digest.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { listSnapshots, readSnapshot } from './snapshots.ts';
import { readStatKey } from './stat-key.ts';

/** Absolute paths, the blob first; each inode once. Reads every snapshot's record. */
export function copiesHere(context: StoreContext, blobs: Blobs, digest: Sha256): string[] {
  const published = listSnapshots(context).flatMap((directory) =>
    (readSnapshot(context, directory)?.files ?? [])
      .filter((file) => file.sha256 === digest)
      .map((file) => context.resolver.modelFile(directory, file.path)),
  );
  const byInode = new Map<string, string>();
  for (const path of [blobs.path(digest), ...published]) {
    const key = readStatKey(path);
    if (key !== undefined && key.sizeBytes > 0 && !byInode.has(key.ino)) byInode.set(key.ino, path);
  }
  return [...byInode.values()];
}
