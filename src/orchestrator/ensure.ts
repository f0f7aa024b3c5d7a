/** `ensure`: makes a model's directory real. The order of its writes is the one of docs/store-format.md. */
import { asModelError, isModelError, ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { weakestProof } from '../domain/proof.ts';
import type { EnsuredFile, EnsureResult } from '../domain/results.ts';
import type { Lease } from '../locks/lease.ts';
import { touchAccess } from '../store/access.ts';
import { forcedCount } from '../store/forced.ts';
import { faultOf, provenBy } from '../store/inspect-snapshot.ts';
import { hasDeadIntents } from '../store/intents.ts';
import { checkStore, openStore } from '../store/open-store.ts';
import { hasDeadReservations } from '../store/reservations.ts';
import { VERIFIED_FILE } from '../store/snapshot-record.ts';
import { compareKeys, readStatKey, type StatKey } from '../store/stat-key.ts';
import type { EnsureOptions } from './api.ts';
import { checkPaths } from './check-paths.ts';
import type { EnsureDone } from './ensure-run.ts';
import { FetchTally } from './fetch-tally.ts';
import { inspectTarget } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { requireComponents } from './require-components.ts';
import { resolveTarget, type Target } from './target.ts';

export async function ensureModel(work: Orchestration, modelId: string, options: EnsureOptions = {}): Promise<EnsureResult> {
  const startedMs = work.store.clock.monotonic();
  const target = await knownTarget(work, modelId, options);
  const tally = new FetchTally();
  const emit = tally.around(work.emitter(options, target.label, target.spec.variant));
  try {
    requireComponents(target);
    checkPaths(work, target);
    checkStore(work.store);
    await touchAccess(work.store, target.spec.family, target.spec.ref);
    const inspection = inspectTarget(work, target);
    const isDone = inspection.complete && !options.force && !(await hasDeadIntents(work.store)) && !(await hasDeadReservations(work.store));
    const done = isDone ? { inspection } : await ensureUnlessReadOnly(work, { target, options, emit });
    const result = toResult(target, done, work.store.clock.monotonic() - startedMs);
    emit({
      type: 'ensure.finished',
      ...fetchFacts(done),
      path: result.path,
      fetchedBytes: result.fetchedBytes,
      durationMs: result.durationMs,
      proof: result.proof,
      published: done.work?.published ?? false,
    });
    return result;
  } catch (error) {
    const failure = asModelError(error);
    emit({ type: 'ensure.failed', error: failure.toJSON(), durationMs: work.store.clock.monotonic() - startedMs, ...tally.facts });
    throw failure;
  }
}

/** What is in no manifest is told as it was asked for. */
async function knownTarget(work: Orchestration, modelId: string, options: EnsureOptions): Promise<Target> {
  try {
    return await resolveTarget(work, modelId, options);
  } catch (error) {
    const failure = asModelError(error);
    work.emitter(options, modelId)({ type: 'ensure.failed', error: failure.toJSON(), durationMs: 0, ...new FetchTally().facts });
    throw failure;
  }
}

function fetchFacts({ work }: EnsureDone): { fetchedFiles: number; sources: string[] } {
  const obtained = [...(work?.obtained.values() ?? [])].map(({ blob }) => blob);
  const fetched = [...obtained, ...(work?.inputs ?? [])].filter(({ fetchedBytes }) => fetchedBytes > 0);
  return { fetchedFiles: fetched.length, sources: [...new Set(fetched.flatMap((blob) => blob.sources))] };
}

interface Asked {
  readonly target: Target;
  readonly options: EnsureOptions;
  readonly emit: Emit;
}

/** A root that cannot be written still serves what is there and right, though nobody can renew a stale proof. */
async function ensureUnlessReadOnly(work: Orchestration, asked: Asked): Promise<EnsureDone> {
  try {
    return await ensureUnderLock(work, asked);
  } catch (error) {
    if (!isModelError(error, 'READ_ONLY') && !isModelError(error, 'PERMISSION_DENIED')) throw error;
    const inspection = inspectTarget(work, asked.target);
    const isThere = inspection.record !== undefined && inspection.files.every((file) => faultOf(file) === undefined);
    if (!isThere || asked.options.force) throw error;
    return { inspection };
  }
}

async function ensureUnderLock(work: Orchestration, asked: Asked): Promise<EnsureDone> {
  const { target, options, emit } = asked;
  const { family, ref } = target.spec;
  const forcedBefore = forcedCount(work.store, family, ref);
  using timeout = totalTimeout(options, target);
  const signal = AbortSignal.any([...(options.signal ? [options.signal] : []), timeout.signal]);
  emit({ type: 'ensure.started', fileCount: target.files.length, totalBytes: target.files.reduce((sum, file) => sum + file.sizeBytes, 0) });
  await openStore(work.store);
  await work.saveRegistry();
  const lease = await takeModelLock(work, asked, signal);
  if (lease === undefined) return { inspection: inspectTarget(work, target) };
  try {
    // One forced fetch serves all who asked before it completed.
    const force = options.force === true && forcedCount(work.store, family, ref) === forcedBefore;
    // Loaded only here: the warm path knows nothing of transfers.
    const { ensureLocked } = await import('./ensure-locked.ts');
    return await ensureLocked({ work, target, options, emit, force, lease, signal: AbortSignal.any([signal, lease.signal]) });
  } finally {
    await lease.release();
  }
}

/** Undefined when another process completed the model while we waited. */
function takeModelLock(work: Orchestration, { target, options, emit }: Asked, signal: AbortSignal): Promise<Lease | undefined> {
  const lock = work.store.resolver.modelLock(target.spec.family, target.spec.ref);
  const isPublished = whenRecordChanges(work, target, () => inspectTarget(work, target).complete);
  return work.store.locks.acquire(lock, {
    timeoutMs: work.settings.lockTimeoutMs,
    doing: `ensure ${target.label}`,
    signal,
    ...(options.force ? {} : { whileWaiting: isPublished }),
    onWait: ({ holder, waitedMs }) => {
      emit({ type: 'ensure.phase', phase: 'waiting' });
      emit({ type: 'lock.waiting', lock: lock.name, waitedMs, ...(holder && { holder }) });
      if (holder?.totalBytes !== undefined) {
        options.onProgress?.({ doneBytes: holder.doneBytes ?? 0, totalBytes: holder.totalBytes, bytesPerSecond: 0 });
      }
    },
  });
}

/** Asks again only after another publication: a waiter polls often, and a model may have many files. */
function whenRecordChanges(work: Orchestration, target: Target, ask: () => boolean): () => boolean {
  const path = work.store.resolver.modelFile(target.directory, VERIFIED_FILE);
  let seen: StatKey | undefined;
  return () => {
    const key = readStatKey(path);
    const changed = key !== undefined && (seen === undefined || compareKeys(seen, key) !== 'same');
    seen = key;
    return changed && ask();
  };
}

function totalTimeout({ timeoutMs }: EnsureOptions, target: Target): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  if (timeoutMs === undefined) return { signal: controller.signal, [Symbol.dispose]: () => undefined };
  const message = `${target.label} was not complete after the ${timeoutMs / 1000} s that --timeout allows`;
  const error = new ModelError('NETWORK_TIMEOUT', message, { reason: 'total_timeout' });
  const timer = setTimeout(() => controller.abort(error), timeoutMs).unref();
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

function toResult(target: Target, { inspection, work }: EnsureDone, durationMs: number): EnsureResult {
  const files = inspection.files
    .filter((file) => faultOf(file) === undefined && file.published)
    .map(
      ({ spec, published }): EnsuredFile => ({
        path: spec.path,
        sizeBytes: spec.sizeBytes,
        origin: work?.obtained.get(spec.path)?.blob.origin ?? 'present',
        ...provenBy(spec, published),
      }),
    );
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const fetchedBytes = work?.fetchedBytes ?? 0;
  return {
    ref: target.spec.ref,
    variant: target.spec.variant,
    ...target.choice,
    path: target.directory,
    totalBytes,
    fetchedBytes,
    reusedBytes: Math.max(0, totalBytes - fetchedBytes),
    proof: weakestProof(files.map((file) => file.proof)) ?? 'size-only',
    durationMs,
    files,
    aliases: target.aliases,
    liars: [...(work?.liars ?? [])],
    troubles: work?.troubles.list ?? [],
    mended: work?.mended ?? new Map(),
  };
}
