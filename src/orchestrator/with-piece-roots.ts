/** What the lockfile says of the pieces of files: added where this machine has proven a file by its leaves, and kept as long as the file is the same. */
import { parseSha256 } from '../domain/digest.ts';
import type { LockEntryBody, LockedFile } from '../registry/lockfile.ts';
import type { StoreContext } from '../store/context.ts';
import { leavesRoot, readLeaves } from '../store/piece-leaves.ts';

/** As this machine knows them. */
export const withPieceRoots = (store: StoreContext, entry: LockEntryBody): LockEntryBody =>
  withRoots(entry, (file) => rootHere(store, file));

/** As an entry that may be believed had them. */
export function withRootsOf(before: LockEntryBody, entry: LockEntryBody): LockEntryBody {
  const known = new Map(before.files.map(({ sha256, piece_root }) => [sha256, piece_root]));
  return withRoots(entry, ({ sha256 }) => (sha256 === undefined ? undefined : known.get(sha256)));
}

function withRoots(entry: LockEntryBody, rootOf: (file: LockedFile) => string | undefined): LockEntryBody {
  const files = entry.files.map((file): LockedFile => {
    const root = file.piece_root ?? rootOf(file);
    return root === undefined ? file : { ...file, piece_root: root };
  });
  return { ...entry, files };
}

function rootHere(store: StoreContext, { sha256, size }: LockedFile): string | undefined {
  const digest = sha256 === undefined ? undefined : parseSha256(sha256);
  const leaves = digest && readLeaves(store, digest, size);
  // The one leaf of a small file is the file: its root would say nothing new.
  return leaves === undefined || leaves.leafBytes >= size ? undefined : leavesRoot(leaves);
}
