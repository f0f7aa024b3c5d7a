/** Building a snapshot beside its final place: steps 7 and 8 of docs/store-format.md. */
import { dirname } from 'node:path';
import type { Derived } from '../domain/derived.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { FileProof } from '../domain/published-digest.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { Lease } from '../locks/lease.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { removePath } from './remove-path.ts';
import type { SnapshotFile, SnapshotRecord } from './snapshot-record.ts';
import { writeSnapshot } from './snapshots.ts';

export interface StagedFile extends FileProof {
  readonly path: string;
  readonly sha256: Sha256;
  readonly derived?: Derived;
}

export interface StageRequest {
  readonly directory: string;
  readonly files: readonly StagedFile[];
  readonly record: Omit<SnapshotRecord, 'files'>;
  /** Takes the digest's lock; its holder may be in a long transfer. */
  readonly lock: (digest: Sha256) => Promise<Lease>;
}

/** False when a blob went away or lost its proof meanwhile: plan again. */
export async function stageSnapshot(context: StoreContext, blobs: Blobs, request: StageRequest): Promise<boolean> {
  const { directory, files } = request;
  await removePath(directory);
  const linked: SnapshotFile[] = [];
  for (const file of files) {
    const made = await linkFile(context, blobs, { ...request, file });
    if (made === undefined) return false;
    linked.push(made);
  }
  await writeSnapshot(context, directory, { ...request.record, files: linked });
  await syncTree(context, directory, files);
  return true;
}

interface LinkRequest extends StageRequest {
  readonly file: StagedFile;
}

async function linkFile(context: StoreContext, blobs: Blobs, request: LinkRequest): Promise<SnapshotFile | undefined> {
  const { file, directory, lock } = request;
  const destination = context.resolver.modelFile(directory, file.path);
  await makeDirectory(context, dirname(destination));
  const lease = await lock(file.sha256);
  try {
    const linked = await blobs.linkTo(file.sha256, destination);
    return linked && { ...file, ...linked };
  } finally {
    await lease.release();
  }
}

/** Every folder that got a name, the deepest included; the record's folder was synced with the record. */
async function syncTree(context: StoreContext, directory: string, files: readonly Pick<FileSpec, 'path'>[]): Promise<void> {
  const folders = new Set(files.map((file) => dirname(context.resolver.modelFile(directory, file.path))));
  for (const folder of folders) await syncDirectory(folder);
}
