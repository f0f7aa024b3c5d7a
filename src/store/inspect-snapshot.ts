/** What a model directory holds of the files that it should hold. Reads names, sizes, times and records; never content. */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import type { FileProof } from '../domain/published-digest.ts';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import type { FileFault } from '../domain/status.ts';
import type { StoreContext } from './context.ts';
import { CorruptMarks } from './corrupt-marks.ts';
import { Ledger } from './ledger.ts';
import type { SnapshotFile, SnapshotRecord } from './snapshot-record.ts';
import { readSnapshot } from './snapshots.ts';
import { compareKeys, readStatKey } from './stat-key.ts';

/**
 * `proven`; `touched`: proven, but only a rehash can renew that; `left-out`: a shard that the proven index does not name, or an optional
 * file that no source had; else what is wrong.
 */
export type FileCondition = 'proven' | 'touched' | 'left-out' | FileFault;

export interface InspectedFile {
  readonly spec: FileSpec;
  readonly condition: FileCondition;
  /** As published; absent where nothing is on record. */
  readonly published?: SnapshotFile;
}

export interface Inspection {
  readonly directory: string;
  /** Absent where nothing was published, or its record is torn. */
  readonly record?: SnapshotRecord;
  readonly files: readonly InspectedFile[];
  /** Every required file proven or touched, and nothing to renew. */
  readonly complete: boolean;
}

export interface InspectRequest {
  readonly files: readonly FileSpec[];
  /** As it is now: what was left out at publishing counts only while it is the same. */
  readonly spec: Pick<ModelSpec, 'specDigest'>;
  /** Digests of blobs that were found bad, where they are known already. */
  readonly corrupt?: ReadonlySet<string>;
}

export function inspectSnapshot(context: StoreContext, directory: string, request: InspectRequest): Inspection {
  const { files, spec, corrupt = new CorruptMarks(context).all() } = request;
  const record = readSnapshot(context, directory);
  const published = new Map(record?.files.map((file) => [file.path, file]));
  assertFolders(context, directory, files);
  const leftOut = new Set(stillLeftOut(record, spec));
  const look = { context, directory, leftOut, corrupt, ledger: new Ledger(context) };
  const inspected = files.map((spec) => inspectFile(look, spec, published.get(spec.path)));
  return {
    directory,
    ...(record && { record }),
    files: inspected,
    complete: record !== undefined && inspected.every(isSettled),
  };
}

function stillLeftOut(record: SnapshotRecord | undefined, spec: InspectRequest['spec']): readonly string[] {
  if (record === undefined || record.leftOut.length === 0) return [];
  return record.specDigest === spec.specDigest ? record.leftOut : [];
}

/** What proves published bytes: the manifest as it is now, where it has their digest, else what did when they were published. */
export function provenBy({ sha256, proof }: FileSpec, published: SnapshotFile | undefined): FileProof {
  if (published === undefined || sha256 === published.sha256) return { proof };
  return { proof: published.proof, ...(published.upstream && { upstream: published.upstream }) };
}

/** What keeps a file from counting; a stale proof does not. */
export const faultOf = ({ condition }: InspectedFile): FileFault | undefined =>
  condition === 'proven' || condition === 'touched' || condition === 'left-out' ? undefined : condition;

/** Whether nothing is left to do for a file. */
const isSettled = (file: InspectedFile): boolean => file.condition !== 'touched' && faultOf(file) === undefined;

/** A folder that somebody replaced by a link would show other files under our names. @throws ModelError PATH_UNSAFE, of what is no folder at all, too */
function assertFolders(context: StoreContext, directory: string, files: readonly FileSpec[]): void {
  const folders = new Set<string>();
  for (const { path } of files) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) folders.add(path.slice(0, end));
  }
  const { resolver } = context;
  for (const folder of [dirname(directory), directory, ...[...folders].sort().map((path) => resolver.modelFile(directory, path))]) {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined || stats.isDirectory()) continue;
    const [what, reason] = stats.isSymbolicLink()
      ? ['is a link: nothing below MODELS_ROOT is reached through one', 'link_in_root']
      : ['is in the way: a folder is needed there', 'not_a_directory'];
    throw new ModelError('PATH_UNSAFE', `${folder} ${what}`, { reason, details: { path: folder } });
  }
}

interface Look {
  readonly context: StoreContext;
  readonly directory: string;
  readonly leftOut: ReadonlySet<string>;
  readonly corrupt: ReadonlySet<string>;
  readonly ledger: Ledger;
}

function inspectFile(look: Look, spec: FileSpec, published: SnapshotFile | undefined): InspectedFile {
  const condition = conditionOf(look, spec, published);
  return { spec, condition, ...(published && { published }) };
}

/** A derived file of which nobody knows what it must be: it was never made from these inputs, or that is on no record. */
const isOpen = ({ derive, sha256 }: FileSpec): boolean => derive !== undefined && sha256 === undefined;

function conditionOf(look: Look, spec: FileSpec, published: SnapshotFile | undefined): FileCondition {
  const key = readStatKey(look.context.resolver.modelFile(look.directory, spec.path));
  if (key === undefined) return look.leftOut.has(spec.path) ? 'left-out' : 'missing';
  if (published === undefined) return key.sizeBytes === spec.sizeBytes || isOpen(spec) ? 'unproven' : 'size';
  if (isOpen(spec)) return 'outdated';
  if (spec.sizeBytes !== published.key.sizeBytes || (spec.sha256 !== undefined && spec.sha256 !== published.sha256)) return 'outdated';
  if (look.corrupt.has(published.sha256)) return 'digest';
  const comparison = compareKeys(published.key, key);
  if (comparison === 'size') return 'size';
  if (comparison === 'same' || look.ledger.proves(published.sha256, key)) return 'proven';
  return comparison;
}
