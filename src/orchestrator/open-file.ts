/** One published file, open for reading: proven when it was opened, and the same bytes until it is closed, whatever becomes of its name. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ProofLevel } from '../domain/proof.ts';
import type { ModelSpec } from '../domain/spec.ts';
import { touchAccess } from '../store/access.ts';
import { faultOf, inspectSnapshot, provenBy } from '../store/inspect-snapshot.ts';
import type { SnapshotFile } from '../store/snapshot-record.ts';
import { isUntouched, keyOfStats } from '../store/stat-key.ts';
import { type ByteSpan, fileStream, type OpenedAt } from '../util/file-stream.ts';
import { nearest } from '../util/nearest.ts';
import type { Orchestration } from './orchestration.ts';

export interface OpenedFile extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  readonly proof: ProofLevel;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
  /** For whoever reads it by other means; a handle that was passed on to another thread is that one's to close. */
  readonly opened: OpenedAt;
  /** Closes the file when it ends; fails where the file has become shorter. @param range of bytes, `end` left out of it */
  stream(range?: ByteSpan): Readable;
}

/** Counts as a use of the model. @throws ModelError COMPONENT_MISSING for a path that the model has not, INCOMPLETE_DOWNLOAD for one that is not here and proven */
export async function openFile(work: Orchestration, spec: ModelSpec, path: string): Promise<OpenedFile> {
  const { proof, published, file } = provenFile(work, spec, path);
  await touchAccess(work.store, spec.family, spec.ref);
  // Last, so that nothing that fails leaves it open.
  const handle = await openSame(file, published);
  const { sizeBytes, mtimeNs } = published.key;
  return {
    ...{ path, sizeBytes, sha256: published.sha256, proof },
    modifiedMs: Number(BigInt(mtimeNs) / 1_000_000n),
    opened: { handle, path: file },
    stream: (range = { start: 0, end: sizeBytes }) => fileStream({ handle, path: file }, range),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

interface ProvenFile {
  readonly file: string;
  readonly published: SnapshotFile;
  readonly proof: ProofLevel;
}

function provenFile(work: Orchestration, spec: ModelSpec, path: string): ProvenFile {
  const wanted = spec.files.find((file) => file.path === path);
  if (wanted === undefined) throw unknownFile(spec, path);
  const directory = work.store.resolver.modelDir(spec.family, spec.ref);
  const [seen] = inspectSnapshot(work.store, directory, { files: [wanted], spec }).files;
  if (seen?.published === undefined || seen.condition === 'left-out' || faultOf(seen) !== undefined)
    throw notProven(spec, path, seen?.condition);
  return { file: work.store.resolver.modelFile(directory, path), published: seen.published, proof: provenBy(wanted, seen.published).proof };
}

/** What has the name now may be another file than the one that was looked at. */
async function openSame(path: string, { key }: SnapshotFile): Promise<FileHandle> {
  const handle = await openPlain(path);
  try {
    if (isUntouched(key, keyOfStats(await handle.stat({ bigint: true })))) return handle;
  } catch (error) {
    await handle.close();
    throw fsError(error, `look at ${path}`);
  }
  await handle.close();
  throw new ModelError('CONCURRENT_MODIFICATION', `${path} was replaced at this moment`, { details: { path } });
}

async function openPlain(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}

function unknownFile({ ref, files }: ModelSpec, path: string): ModelError {
  const near = nearest(
    path,
    files.map((file) => file.path),
  );
  return new ModelError('COMPONENT_MISSING', `${formatRef(ref)} has no file ${JSON.stringify(path)}`, {
    reason: 'file_not_found',
    ...(near !== undefined && { hint: `did you mean ${near}?` }),
    details: { model: formatRef(ref), path },
  });
}

const notProven = ({ ref }: ModelSpec, path: string, condition = 'missing'): ModelError =>
  new ModelError('INCOMPLETE_DOWNLOAD', `${path} of ${formatRef(ref)} is not here and proven: ${condition}`, {
    reason: 'file_not_proven',
    hint: `make it so with \`wan models ensure ${formatRef(ref)}\``,
    details: { model: formatRef(ref), path, condition },
  });
