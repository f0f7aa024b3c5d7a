/** What of a store's state is lost, and what would have to be read to find it out again. Names and records only; changes nothing. */
import { basename } from 'node:path';
import type { Derived } from '../domain/derived.ts';
import type { Sha256 } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import { parseModelRef } from '../domain/model-ref.ts';
import type { FileProof } from '../domain/published-digest.ts';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import { listBlobs } from '../store/list-blobs.ts';
import type { SnapshotRecord } from '../store/snapshot-record.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { compareKeys, isUntouched, readStatKey, type StatKey } from '../store/stat-key.ts';
import { knownOutputs } from './derived-outputs.ts';
import type { Orchestration } from './orchestration.ts';

/** A file of a snapshot that is there. */
export interface SeenCopy extends FileProof {
  /** Inside the model. */
  readonly path: string;
  readonly absolute: string;
  readonly key: StatKey;
  /** Of the right file. */
  readonly sizeBytes: number;
  /** What its bytes must be; absent: any of this size, since nobody says. */
  readonly expected?: Sha256;
  /** What they are, where a proof on record says so. */
  readonly digest?: Sha256;
  /** Its key is no longer the one on record, and it is no link of its blob: relinked, it is proven again. */
  readonly isStale: boolean;
  readonly derived?: Derived;
}

export interface SeenSnapshot {
  /** Absolute. */
  readonly directory: string;
  readonly record?: SnapshotRecord;
  /** Where its record is lost, and the manifest knows what should be here. */
  readonly spec?: ModelSpec;
  readonly copies: readonly SeenCopy[];
  /** On record and not there. */
  readonly missing: readonly string[];
}

export interface ProvenBlob {
  readonly digest: Sha256;
  /** When it was found proven. */
  readonly key: StatKey;
}

/** Blobs by their inode. */
export interface BlobInodes {
  readonly proven: ReadonlyMap<string, ProvenBlob>;
  /** Of those to be read, or found wrong: what their bytes must be, which a file that is a link of one must have, too. */
  readonly unproven: ReadonlyMap<string, Sha256>;
}

export function splitBlobs({ store, blobs }: Orchestration): BlobInodes & { readonly open: readonly Sha256[] } {
  const marked = blobs.marks.all();
  const open: Sha256[] = [];
  const unproven = new Map<string, Sha256>();
  const proven = new Map<string, ProvenBlob>();
  for (const digest of listBlobs(store)) {
    const key = readStatKey(blobs.path(digest));
    if (key === undefined) continue;
    if (!marked.has(digest) && blobs.ledger.proves(digest, key)) proven.set(key.ino, { digest, key });
    else {
      open.push(digest);
      unproven.set(key.ino, digest);
    }
  }
  return { open, proven, unproven };
}

/** The proven blob that a file is a link of, and has been since that was proven. */
function linkedBlob({ proven }: BlobInodes, key: StatKey): Sha256 | undefined {
  const blob = proven.get(key.ino);
  return blob && isUntouched(blob.key, key) ? blob.digest : undefined;
}

export async function seeSnapshot(work: Orchestration, directory: string, inodes: BlobInodes): Promise<SeenSnapshot> {
  const record = readSnapshot(work.store, directory);
  if (record !== undefined) return seeRecorded(work, directory, { record, inodes });
  const spec = await specOf(work, directory);
  if (spec === undefined) return { directory, copies: [], missing: [] };
  const outputs = knownOutputs(work, { directory, files: spec.files });
  const copies = spec.files.flatMap((file) => {
    const output = outputs.get(file.path);
    const known = output === undefined ? file : { ...file, sha256: output.sha256, sizeBytes: output.sizeBytes };
    return seeDeclared(work, directory, { file: known, inodes, ...(output && { derived: output.derived }) }) ?? [];
  });
  return { directory, spec, copies, missing: [] };
}

interface Recorded {
  readonly record: SnapshotRecord;
  readonly inodes: BlobInodes;
}

function seeRecorded({ store }: Orchestration, directory: string, { record, inodes }: Recorded): SeenSnapshot {
  const copies: SeenCopy[] = [];
  const missing: string[] = [];
  for (const { path, sha256: expected, key: recorded, proof, upstream, derived } of record.files) {
    const absolute = store.resolver.modelFile(directory, path);
    const key = readStatKey(absolute);
    if (key === undefined) missing.push(path);
    else {
      const isLink = linkedBlob(inodes, key) === expected;
      const isSame = compareKeys(recorded, key) === 'same';
      const facts = {
        path,
        absolute,
        key,
        sizeBytes: recorded.sizeBytes,
        expected,
        proof,
        ...(upstream && { upstream }),
        ...(derived && { derived }),
      };
      copies.push({ ...facts, isStale: !isLink && !isSame, ...((isLink || isSame) && { digest: expected }) });
    }
  }
  return { directory, record, copies, missing };
}

interface Declared {
  readonly file: FileSpec;
  readonly inodes: BlobInodes;
  readonly derived?: Derived;
}

/** Without a digest of the manifest's or of its blob's the size is all that can be compared; a cast of which nothing is known is nobody's. */
function seeDeclared({ store }: Orchestration, directory: string, { file, inodes, derived }: Declared): SeenCopy | undefined {
  const absolute = store.resolver.modelFile(directory, file.path);
  const key = readStatKey(absolute);
  if (key === undefined || (file.derive !== undefined && file.sha256 === undefined)) return undefined;
  const digest = linkedBlob(inodes, key);
  const expected = file.sha256 ?? inodes.unproven.get(key.ino);
  const proof = file.sha256 === undefined ? 'size-only' : file.proof;
  const isRight = digest !== undefined && key.sizeBytes === file.sizeBytes && (expected ?? digest) === digest;
  return {
    ...{ path: file.path, absolute, key, sizeBytes: file.sizeBytes, proof, isStale: digest === undefined },
    ...(expected && { expected }),
    ...(isRight && { digest }),
    ...(derived && { derived }),
  };
}

/** What the manifest has at this place. */
async function specOf({ registry, store: { resolver } }: Orchestration, directory: string): Promise<ModelSpec | undefined> {
  try {
    const spec = (await registry()).spec(parseModelRef(basename(directory)));
    return resolver.modelDir(spec.family, spec.ref) === directory ? spec : undefined;
  } catch (error) {
    if (!isModelError(error, 'MODEL_NOT_FOUND') && !isModelError(error, 'VARIANT_NOT_FOUND') && !isModelError(error, 'INVALID_MODEL_ID'))
      throw error;
    return undefined;
  }
}
