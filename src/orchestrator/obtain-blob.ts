/** Making one digest's blob real and proven: what is here, else what is held, else what the sources have. */

import type { FileSource } from '../backends/backend.ts';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import type { BytesOrigin } from '../domain/events.ts';
import type { FileSpec } from '../domain/spec.ts';
import { healBlob } from '../store/heal-blob.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import { PieceMap } from '../store/piece-map.ts';
import { compareKeys, readStatKey } from '../store/stat-key.ts';
import { hashFile } from '../transfer/hash-file.ts';
import { LEAF_BYTES, type TransferEngine, type TransferOutcome } from '../transfer/transfer.ts';
import { beforeNetwork, bytesOrigin, cachedSource } from './cached-source.ts';
import { type EnsureRun, lockBlob } from './ensure-run.ts';
import { explainDrift } from './explain-drift.ts';
import { type FileSources, fileSources } from './file-sources.ts';
import { makeBlob } from './make-blob.ts';
import { resolverOf } from './own-url.ts';

export interface BlobRequest {
  /** Of lock and partial. */
  readonly key: string;
  readonly file: FileSpec;
  /** Other paths with the same bytes: their sources are asked too. */
  readonly twins: readonly FileSpec[];
  /** Absent where nobody has published one. */
  readonly digest?: Sha256;
  /** Fetch even what is here. */
  readonly force: boolean;
  /** Its bytes make the blob again where that is gone. */
  readonly published?: PublishedFile;
  readonly engine: TransferEngine;
}

export interface PublishedFile {
  /** Absolute. */
  readonly path: string;
  /** Otherwise one read proves it. */
  readonly proven: boolean;
}

export interface ObtainedBlob {
  readonly digest: Sha256;
  readonly origin: BytesOrigin;
  readonly fetchedBytes: number;
  /** Labels of the sources that fetched bytes came from. */
  readonly sources: readonly string[];
}

export async function obtainBlob(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  const lease = await lockBlob(run, request.key);
  try {
    return (await useBlobHere(run, request)) ?? (await newBlob(run, request));
  } finally {
    await lease.release();
  }
}

function newBlob(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  const { key, file, digest } = request;
  const { content } = file;
  return content === undefined || digest === undefined ? fetchBlob(run, request) : makeBlob(run, { key, file, content, digest });
}

async function useBlobHere(run: EnsureRun, { file, digest, force, published }: BlobRequest): Promise<ObtainedBlob | undefined> {
  if (digest === undefined || force) return undefined;
  const { blobs } = run.work;
  const here: ObtainedBlob = { digest, origin: 'linked', fetchedBytes: 0, sources: [] };
  let state = blobs.state(digest, file.sizeBytes);
  if (state === 'absent' && published !== undefined && (await adopt(run, digest, published))) state = 'proven';
  if (state === 'absent' || (state === 'unproven' && !(await renewProof(run, file, digest)))) return undefined;
  if (blobs.marks.all().has(digest)) await heal(run, digest);
  run.meter.found(file.sizeBytes);
  return here;
}

/** The bytes that a model still has need no fetching, though their blob is gone. */
async function adopt({ work, signal }: EnsureRun, digest: Sha256, { path, proven }: PublishedFile): Promise<boolean> {
  if (!proven && (await hashFile(path, { signal })).sha256 !== digest) return false;
  return work.blobs.adopt(digest, path);
}

/** Reads the blob once, so that nobody needs to again. What is written to meanwhile is not proven by it. */
async function renewProof({ work, signal }: EnsureRun, file: FileSpec, digest: Sha256): Promise<boolean> {
  const path = work.blobs.path(digest);
  const before = readStatKey(path);
  const { sha256, sizeBytes } = await hashFile(path, { signal });
  const after = readStatKey(path);
  if (sha256 !== digest || sizeBytes !== file.sizeBytes) return false;
  if (before === undefined || after === undefined || compareKeys(before, after) !== 'same') return false;
  await work.blobs.recordProof(digest);
  return true;
}

async function fetchBlob(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  const { work, meter } = run;
  const { file } = request;
  const startedMs = work.store.clock.monotonic();
  const partial = await work.partials.open({
    key: request.key,
    sizeBytes: file.sizeBytes,
    pieceBytes: work.settings.pieceBytes,
    fresh: request.force,
  });
  try {
    meter.found(new PieceMap(partial.pieces).heldBytes());
    const outcome = await transfer(run, request, partial);
    const digest = await commit(run, request, { partial, outcome });
    const { fetchedBytes, sources } = outcome;
    const blob: ObtainedBlob = { digest, origin: bytesOrigin(outcome), fetchedBytes, sources };
    run.emit({
      type: 'file.finished',
      file: file.path,
      sizeBytes: file.sizeBytes,
      fetchedBytes,
      origin: blob.origin,
      sources,
      proof: file.proof,
      durationMs: work.store.clock.monotonic() - startedMs,
    });
    return blob;
  } finally {
    // A forced fetch begins anew each time: what it leaves unfinished is of use to nobody.
    if (request.force) await partial.discard();
    else await partial.close();
  }
}

async function transfer(run: EnsureRun, request: BlobRequest, partial: PartialBlob): Promise<TransferOutcome> {
  const { file, digest, engine } = request;
  const { sources, refused } = await sourcesFor(run, request);
  if (sources.length === 0) throw noSource(run, file, refused);
  const fetched = engine.fetch({
    name: file.path,
    partial,
    sources,
    emit: run.emit,
    signal: run.signal,
    onHeld: (delta) => run.meter.held(delta),
    isForced: request.force,
    ...(digest && { expected: digest }),
  });
  const asked = { model: run.target.label, file, sources, nowMs: run.work.store.clock.now(), signal: run.signal };
  return fetched.catch(async (error: unknown) => {
    throw await explainDrift(error, asked);
  });
}

async function sourcesFor(run: EnsureRun, { file, twins, digest, force }: BlobRequest): Promise<FileSources> {
  const files = [file, ...twins];
  const found = await sourcesOfAll(run, files);
  const cached = digest === undefined || force ? undefined : await cachedSource(run, { sha256: digest, files });
  return cached === undefined ? found : { ...found, sources: beforeNetwork(found.sources, cached) };
}

/** Of several paths with the same bytes, each may be where the others are not. */
async function sourcesOfAll(run: EnsureRun, files: readonly FileSpec[]): Promise<FileSources> {
  const { target, signal, emit } = run;
  const resolveUrl = resolverOf(run.work, run.options);
  const all = await Promise.all(
    files.map((file) => fileSources(run.sources, target.spec, { model: target.label, file, resolveUrl, signal, emit })),
  );
  const sources = all.flatMap((one) => one.sources);
  const isFirst = ({ backend, path }: FileSource, at: number) =>
    sources.findIndex((other) => other.backend === backend && other.path === path) === at;
  return { sources: sources.filter(isFirst), refused: all.flatMap((one) => one.refused) };
}

interface Transferred {
  readonly partial: PartialBlob;
  readonly outcome: TransferOutcome;
}

async function commit(run: EnsureRun, { key }: BlobRequest, transferred: Transferred): Promise<Sha256> {
  const { sha256, liars } = transferred.outcome;
  for (const liar of liars) run.liars.add(liar);
  // Where no digest was known the lock held so far is that of the origin.
  if (key === sha256) await settle(run, transferred);
  else await underDigestLock(run, sha256, () => settle(run, transferred));
  return sha256;
}

async function settle(run: EnsureRun, { partial, outcome }: Transferred): Promise<void> {
  const { store, blobs } = run.work;
  const replaced = await blobs.commit(partial, outcome.sha256);
  if (outcome.leaves) await writeLeaves(store, outcome.sha256, { leafBytes: LEAF_BYTES, digests: outcome.leaves });
  if (replaced) await heal(run, outcome.sha256);
}

async function underDigestLock<T>(run: EnsureRun, digest: Sha256, use: () => Promise<T>): Promise<T> {
  const lease = await lockBlob(run, digest);
  try {
    return await use();
  } finally {
    await lease.release();
  }
}

async function heal({ work, emit }: EnsureRun, digest: Sha256): Promise<void> {
  const links = await healBlob(work.store, work.blobs, digest);
  if (links.length > 0) emit({ type: 'blob.healed', digest, links });
}

function noSource(run: EnsureRun, file: FileSpec, refused: ModelError['attempts']): ModelError {
  const offline = refused.length > 0 && refused.every((attempt) => attempt.code === 'OFFLINE');
  const code = offline
    ? 'OFFLINE'
    : refused.length > 0 && refused.every(({ code }) => code === 'NOT_IMPLEMENTED')
      ? 'NOT_IMPLEMENTED'
      : 'SOURCE_UNAVAILABLE';
  const why = offline ? 'is not here, and --offline allows no source to be asked' : 'has no source that can be asked';
  return new ModelError(code, `${run.target.label}: ${file.path} ${why}`, { attempts: refused, details: { file: file.path } });
}
