/** What has to happen for each file: pure, from what was seen on disk. */
import type { Sha256 } from '../domain/digest.ts';
import type { PlannedAction } from '../domain/results.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { BlobState } from '../store/blobs.ts';
import type { FileCondition, InspectedFile } from '../store/inspect-snapshot.ts';

/** A file, and what the store already has of its bytes. */
export interface SeenFile extends InspectedFile {
  /** Of lock and partial: the digest, or `u-…` of where the bytes are read when nobody has published one. */
  readonly key: string;
  /** Digest known before the bytes are: of the manifest, else of the publication. */
  readonly digest?: Sha256;
  readonly blob: BlobState;
  /** Its blob is marked as wrong: somebody read it. */
  readonly isBad: boolean;
  /** Held bytes of an unfinished download. */
  readonly heldBytes: number;
}

export interface PlannedBlob {
  readonly file: FileSpec;
  readonly digest?: Sha256;
  readonly condition: FileCondition;
  readonly action: PlannedAction;
  readonly fetchBytes: number;
  /** To be read on this machine instead. */
  readonly copyBytes: number;
  /** Of a file that is to be made here: its size, known or estimated. */
  readonly deriveBytes: number;
}

export interface PlanOptions {
  /** Fetch everything anew. */
  readonly force: boolean;
}

/** Of several paths with the same bytes the first one is fetched, the others are linked. */
export function planBlobs(files: readonly SeenFile[], options: PlanOptions): PlannedBlob[] {
  const begun = new Set<string>();
  return files.map((file) => {
    const planned = planBlob(file, { ...options, isTwin: begun.has(file.key) });
    if (planned.fetchBytes + planned.deriveBytes > 0) begun.add(file.key);
    return planned;
  });
}

function planBlob(seen: SeenFile, { force, isTwin }: PlanOptions & { readonly isTwin: boolean }): PlannedBlob {
  const action = isTwin ? 'link' : force ? forcedAction(seen) : actionFor(seen);
  const fetchBytes = action === 'fetch' ? seen.spec.sizeBytes : action === 'resume' ? seen.spec.sizeBytes - seen.heldBytes : 0;
  const deriveBytes = action === 'derive' ? seen.spec.sizeBytes : 0;
  const { spec: file, condition, digest } = seen;
  return { file, condition, action, fetchBytes, copyBytes: 0, deriveBytes, ...(digest && { digest }) };
}

const forcedAction = ({ spec }: SeenFile): PlannedAction =>
  spec.derive !== undefined ? 'derive' : spec.content === undefined ? 'fetch' : 'make';

function actionFor({ condition, blob, isBad, heldBytes, spec }: SeenFile): PlannedAction {
  if (condition === 'proven' || condition === 'touched' || condition === 'left-out') return 'keep';
  const isFetchedAnew = isBad && spec.content === undefined && spec.derive === undefined;
  if ((blob === 'proven' || blob === 'unproven') && !isFetchedAnew) return 'link';
  if (spec.content !== undefined) return 'make';
  if (spec.derive !== undefined) return 'derive';
  return heldBytes > 0 ? 'resume' : 'fetch';
}
