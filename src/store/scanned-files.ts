/** The files of many models, for whoever counts over all of them: columns of numbers. */
import { lstatSync } from 'node:fs';
import type { ModelResolver } from '../resolver/model-resolver.ts';
import type { BlobTable } from './blob-table.ts';
import type { SnapshotRecord } from './snapshot-record.ts';

/** Of one model; each digest once. The columns are as long as each other. */
export interface ScannedFiles {
  /** Numbers of a {@link BlobTable}. */
  readonly blobs: Uint32Array;
  /** Inode of the first path, as on record. */
  readonly inos: BigUint64Array;
  /** How many paths of the model have it. */
  readonly nameCounts: Uint32Array;
}

export const NO_FILES: ScannedFiles = { blobs: new Uint32Array(), inos: new BigUint64Array(), nameCounts: new Uint32Array() };

export function scanFiles(table: BlobTable, { files }: SnapshotRecord): ScannedFiles {
  const names = new Map<number, { readonly ino: string; count: number }>();
  for (const { sha256, key } of files) {
    const number = table.add(sha256, key.sizeBytes);
    const known = names.get(number);
    if (known === undefined) names.set(number, { ino: key.ino, count: 1 });
    else known.count++;
  }
  return {
    blobs: Uint32Array.from(names.keys()),
    inos: BigUint64Array.from(names.values(), ({ ino }) => BigInt(ino)),
    nameCounts: Uint32Array.from(names.values(), ({ count }) => count),
  };
}

/** Blobs with more names than these models account for: they free nothing, whichever of the models go. */
export function linkedElsewhere(resolver: ModelResolver, table: BlobTable, models: readonly ScannedFiles[]): ReadonlySet<number> {
  const inos = new BigUint64Array(table.count);
  const namesElsewhere = new Float64Array(table.count);
  for (let number = 0; number < table.count; number++) {
    const stats = lstatSync(resolver.blobPath(table.digestOf(number)), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) continue;
    inos[number] = stats.ino;
    namesElsewhere[number] = Number(stats.nlink) - 1;
  }
  for (const { blobs, inos: own, nameCounts } of models) {
    for (const [at, number] of blobs.entries())
      if (own[at] === inos[number]) namesElsewhere[number] = (namesElsewhere[number] ?? 0) - (nameCounts[at] ?? 0);
  }
  const found = new Set<number>();
  for (const [number, count] of namesElsewhere.entries()) if (count > 0) found.add(number);
  return found;
}
