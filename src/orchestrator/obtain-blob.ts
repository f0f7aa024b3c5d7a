/** Making one digest's blob real and proven: what is here, else what is held, else what the sources have. */

import type { FileSource } from '../backends/backend.ts';
import type { Derived } from '../domain/derived.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { BytesOrigin } from '../domain/events.ts';
import type { ProofLevel } from '../domain/proof.ts';
import { levelOf, type PublishedDigest } from '../domain/published-digest.ts';
import type { KeptPieces } from '../domain/repair.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { PieceMap } from '../store/piece-map.ts';
import { readStatKey } from '../store/stat-key.ts';
import type { Expected, TransferEngine, TransferOutcome } from '../transfer/transfer.ts';
import { isHere, type PublishedFile } from './blob-here.ts';
import { beforeNetwork, bytesOrigin, cachedSource } from './cached-source.ts';
import { commitBlob, underBlobLock } from './commit-blob.ts';
import { type EnsureRun, noteMended } from './ensure-run.ts';
import { explainDrift } from './explain-drift.ts';
import { type FileSources, fileSources } from './file-sources.ts';
import { makeBlob } from './make-blob.ts';
import { resolverOf } from './own-url.ts';
import { KEPT_HERE, seedPartial } from './seed-partial.ts';
import { tieredSources } from './tiered-sources.ts';

export interface BlobQuestion {
  readonly file: FileSpec;
  /** Absent where it must be asked for, or nobody knows it. With one its lock is held: as `key`, or besides. */
  readonly digest?: Sha256;
  /** What a match with `digest` earns. */
  readonly level?: ProofLevel;
  /** What a source publishes of the bytes. */
  readonly upstream?: PublishedDigest;
  /** Sources that may publish something, and could not be asked yet. */
  readonly silent?: readonly FileSource[];
  /** Where the bytes are to be had, once that is known. */
  readonly found?: FileSources;
  /** Fetch even what is here. */
  readonly force: boolean;
  /** Its bytes make the blob again where that is gone. */
  readonly published?: PublishedFile;
}

export interface BlobRequest extends BlobQuestion {
  /** Of lock and partial. */
  readonly key: string;
  /** Other paths with the same bytes: their sources are asked too. */
  readonly twins: readonly FileSpec[];
  readonly engine: TransferEngine;
  /** Of the blob that was looked at, and found wrong. */
  readonly seenIno?: string;
}

export interface ObtainedBlob {
  readonly digest: Sha256;
  readonly origin: BytesOrigin;
  readonly fetchedBytes: number;
  /** Labels of the sources that fetched bytes came from. */
  readonly sources: readonly string[];
  /** What they were proven by in this run, where a source published that. */
  readonly upstream?: PublishedDigest;
  /** Of a file that was made here. */
  readonly derived?: Derived;
}

export function obtainBlob(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  return underBlobLock(run, request.key, () => (request.digest === undefined ? obtainAsked(run, request) : obtainKnown(run, request)));
}

async function obtainKnown(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  // Before the look: what is brought back from the trash after it was looked at by nobody.
  const seenIno = request.digest && readStatKey(run.work.blobs.path(request.digest))?.ino;
  return (await useBlobHere(run, request)) ?? (await newBlob(run, { ...request, ...(seenIno !== undefined && { seenIno }) }));
}

/** The sources are asked what they publish; with a sha256 all goes on as if the manifest had one. */
async function obtainAsked(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  const { file } = request;
  const found = await sourcesOfAll(run, [file, ...request.twins]);
  const { digest: upstream, silent } = await run.upstream.ask({ file, sources: found.sources, signal: run.signal });
  const asked = { ...request, found, silent, ...(upstream && { upstream, level: levelOf(upstream) }) };
  if (upstream?.algorithm !== 'sha256') return fetchBlob(run, asked);
  const digest = sha256Of(upstream.hex);
  return underBlobLock(run, digest, () => obtainKnown(run, { ...asked, digest }));
}

function newBlob(run: EnsureRun, request: BlobRequest): Promise<ObtainedBlob> {
  const { key, file, digest } = request;
  const { content } = file;
  return content === undefined || digest === undefined ? fetchBlob(run, request) : makeBlob(run, { key, file, content, digest });
}

/** Call under the digest's lock. Undefined where it must be fetched or made: it is not here, or its bytes turn out to be other ones. */
export async function useBlobHere(
  run: EnsureRun,
  { file, digest, upstream, force, published }: BlobQuestion,
): Promise<ObtainedBlob | undefined> {
  if (digest === undefined || force || !(await isHere(run, { file, digest, ...(published && { published }) }))) return undefined;
  run.meter.found(file.sizeBytes);
  return { digest, origin: 'linked', fetchedBytes: 0, sources: [], ...(upstream && { upstream }) };
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
    const kept = await keepGoodPieces(run, request, partial);
    meter.found(new PieceMap(partial.pieces).heldBytes());
    const { outcome, upstream } = await transferProven(run, request, partial);
    const { sha256: digest, fetchedBytes, leaves } = outcome;
    const sources = outcome.sources.filter((label) => label !== KEPT_HERE);
    for (const liar of outcome.liars) run.liars.add(liar);
    noteMended(run, digest, { fetchedBytes, ...(kept && { kept }) });
    await commitBlob(run, {
      partial,
      digest,
      isLocked: request.digest === digest,
      replaces: request.force,
      ...(request.seenIno !== undefined && { seenIno: request.seenIno }),
      ...(leaves && { leaves }),
    });
    const origin = sources.length === 0 && outcome.sources.length > 0 ? 'copied' : bytesOrigin(outcome);
    const blob: ObtainedBlob = { digest, origin, fetchedBytes, sources, ...(upstream && { upstream }) };
    run.emit({
      type: 'file.finished',
      file: file.path,
      sizeBytes: file.sizeBytes,
      fetchedBytes,
      origin: blob.origin,
      sources,
      proof: upstream === undefined ? (request.level ?? file.proof) : levelOf(upstream),
      durationMs: work.store.clock.monotonic() - startedMs,
    });
    return blob;
  } finally {
    // A forced fetch begins anew each time: what it leaves unfinished is of use to nobody.
    if (request.force) await partial.discard();
    else await partial.close();
  }
}

/** A forced fetch wants nothing of what is here. */
async function keepGoodPieces(run: EnsureRun, request: BlobRequest, partial: PartialBlob): Promise<KeptPieces | undefined> {
  const { digest, force, published, file } = request;
  if (digest === undefined || force) return undefined;
  return seedPartial(run, { digest, file: file.path, partial, isPublished: published !== undefined });
}

interface Proven {
  readonly outcome: TransferOutcome;
  readonly upstream?: PublishedDigest | undefined;
}

/** A source that could not be asked what it publishes, and then gave bytes, is asked again: what it says now is proven by one read. */
async function transferProven(run: EnsureRun, request: BlobRequest, partial: PartialBlob): Promise<Proven> {
  const { file, upstream, silent = [] } = request;
  const outcome = await transfer(run, request, partial);
  if (upstream !== undefined || silent.length === 0) return { outcome, upstream };
  const late = await run.upstream.askAgain({ file, sources: silent, signal: run.signal }, outcome.sources);
  if (late === undefined) return { outcome };
  const again = await transfer(run, { ...request, upstream: late }, partial);
  return { outcome: { ...again, fetchedBytes: outcome.fetchedBytes + again.fetchedBytes }, upstream: late };
}

async function transfer(run: EnsureRun, request: BlobRequest, partial: PartialBlob): Promise<TransferOutcome> {
  const { file, engine } = request;
  const { sources, refused } = await sourcesFor(run, request);
  const expected = expectedOf(request);
  // What is all here needs no source, unless it turns out to be wrong.
  const isAllHere = new PieceMap(partial.pieces).heldBytes() === partial.sizeBytes;
  if (sources.length === 0 && !isAllHere) throw noSource(run, file, refused);
  const fetched = engine.fetch({
    name: file.path,
    partial,
    sources,
    emit: run.emit,
    signal: run.signal,
    onHeld: (delta) => run.meter.held(delta),
    onComing: (delta) => run.meter.coming(delta),
    isForced: request.force,
    ...(expected && { expected }),
  });
  const asked = { model: run.target.label, file, sources, nowMs: run.work.store.clock.now(), signal: run.signal };
  return fetched.catch(async (error: unknown) => {
    if (isModelError(error) && error.reason === 'no_source') throw noSource(run, file, refused);
    throw withRefused(await explainDrift(error, asked), refused);
  });
}

/** Sources that could not even be opened are told of as those that failed are. */
const withRefused = (error: unknown, refused: ModelError['attempts']): unknown =>
  isModelError(error) && error.attempts.length > 0 ? error.with({ attempts: [...error.attempts, ...refused] }) : error;

function expectedOf({ digest, level = 'manifest-sha256', upstream }: BlobRequest): Expected | undefined {
  if (upstream !== undefined) return { digest: upstream, level: levelOf(upstream), publishedBy: upstream.source };
  return digest && { digest: { algorithm: 'sha256', hex: digest }, level };
}

async function sourcesFor(run: EnsureRun, request: BlobRequest): Promise<FileSources> {
  const files = [request.file, ...request.twins];
  const found = request.found ?? (await sourcesOfAll(run, files));
  const { digest } = expectedOf(request) ?? {};
  if (digest === undefined || request.force) return found;
  const cached = await cachedSource(run, { digest, files });
  const sources = cached === undefined ? found.sources : beforeNetwork(found.sources, cached);
  const tiered =
    request.digest &&
    (await tieredSources(run, { digest: request.digest, file: request.file, offline: run.options.offline ?? run.work.settings.offline }));
  if (tiered === undefined) return { ...found, sources };
  return { sources: [...tiered.sources, ...sources], refused: [...tiered.refused, ...found.refused] };
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
