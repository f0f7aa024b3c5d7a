/** What a rebuild would give back, relink and put on record, as far as that is known before anything is read: every file is taken for right. */
import type { RebuildReport } from '../domain/rebuild.ts';
import { derivationKey, readDerivation } from '../store/derivations.ts';
import { readStatKey } from '../store/stat-key.ts';
import type { Orchestration } from './orchestration.ts';
import type { SeenCopy, SeenSnapshot } from './rebuild-look.ts';

export function plannedMending(
  { store, blobs }: Orchestration,
  seen: readonly SeenSnapshot[],
): Pick<RebuildReport, 'adoptedCount' | 'links' | 'derivationCount'> {
  const copies = seen.flatMap((one) => one.copies);
  const blobOf = ({ digest, expected }: SeenCopy) => digest ?? expected;
  const inodeOf = (copy: SeenCopy): string | undefined => {
    const digest = blobOf(copy);
    return digest && readStatKey(blobs.path(digest))?.ino;
  };
  const gone = copies.filter((copy) => inodeOf(copy) === undefined && !isWrong(copy));
  const apart = copies.filter((copy) => copy.isStale && ![undefined, copy.key.ino].includes(inodeOf(copy)) && !isWrong(copy));
  const made = copies.flatMap(({ derived }) => (derived && readDerivation(store, derived) === undefined ? [derivationKey(derived)] : []));
  return {
    // Of which nobody knows the digest yet, those are one blob that are one inode.
    adoptedCount: new Set(gone.map((copy) => blobOf(copy) ?? copy.key.ino)).size,
    links: apart.map(({ absolute }) => store.resolver.relative(absolute)),
    derivationCount: new Set(made).size,
  };
}

const isWrong = ({ key, sizeBytes }: SeenCopy): boolean => key.sizeBytes !== sizeBytes;
