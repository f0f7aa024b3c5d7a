/** What a published model has to move: its blobs, each once, and whether it may be taken away at all. */
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import type { StoreContext } from '../store/context.ts';
import { foreignFiles, ownPaths } from '../store/foreign-files.ts';
import type { SnapshotFile, SnapshotRecord } from '../store/snapshot-record.ts';
import { digestsIn, listSnapshots } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import type { Target } from './target.ts';

export interface PublishedBlob {
  readonly digest: Sha256;
  readonly sizeBytes: number;
  /** Inside the model. */
  readonly paths: readonly string[];
  /** Absolute: where its bytes can be read. */
  readonly from: string;
}

export function publishedBlobs({ resolver }: StoreContext, directory: string, { files }: SnapshotRecord): PublishedBlob[] {
  return [...Map.groupBy(files, ({ sha256 }) => sha256)].map(([digest, same]) => {
    const [first] = same as [SnapshotFile, ...SnapshotFile[]];
    const paths = same.map(({ path }) => path);
    return { digest, sizeBytes: first.key.sizeBytes, paths, from: resolver.modelFile(directory, first.path) };
  });
}

/** @throws ModelError INVALID_INPUT where it is not whole, or holds what nobody but its owner has */
export function requireMovable({ resolver }: StoreContext, { label, directory }: Target, { files }: SnapshotRecord): void {
  const gone = files.find(({ path, key }) => readStatKey(resolver.modelFile(directory, path))?.sizeBytes !== key.sizeBytes);
  if (gone !== undefined) throw notWhole(label, `${gone.path} is missing or cut`);
  const foreign = foreignFiles(directory, ownPaths({ files }));
  if (foreign.length === 0) return;
  throw new ModelError('INVALID_INPUT', `${label} holds files that belong to nobody's manifest: ${foreign.slice(0, 3).join(', ')}`, {
    reason: 'foreign_files',
    hint: 'move them elsewhere first: a tier keeps only what the model itself has',
    details: { files: foreign },
  });
}

export const notWhole = (label: string, why: string): ModelError =>
  new ModelError('INVALID_INPUT', `${label} is not complete here: ${why}`, {
    reason: 'not_complete',
    hint: `run \`wan models ensure ${label}\` first`,
  });

/** Digests that other published models count on: these give no room back. */
export function countedElsewhere(context: StoreContext, directory: string): ReadonlySet<string> {
  const others = listSnapshots(context).filter((other) => other !== directory);
  return new Set(others.flatMap((other) => digestsIn(context, other)));
}
