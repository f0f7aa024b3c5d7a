/** The part of ensure that runs under the model's lock. */
import { readFileSync } from 'node:fs';
import { throwIfCancelled } from '../domain/cancelled.ts';
import type { Sha256 } from '../domain/digest.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { Lease } from '../locks/lease.ts';
import { selectFiles } from '../registry/select-files.ts';
import { countForced } from '../store/forced.ts';
import type { InspectedFile, Inspection } from '../store/inspect-snapshot.ts';
import { beginIntent, type Intent } from '../store/intents.ts';
import { recover } from '../store/recover.ts';
import type { EnsureOptions } from './api.ts';
import { type EnsureDone, type EnsureRun, type EnsureWork, lockBlob } from './ensure-run.ts';
import { fillHfCache } from './fill-hf-cache.ts';
import { inspectTarget, lookAt } from './look.ts';
import { isIndex, unreferencedShards } from './narrow-shards.ts';
import { blobsOf, digestOf, type Obtained, type ObtainRequest, obtainFiles } from './obtain-files.ts';
import type { Orchestration } from './orchestration.ts';
import { planBlobs, type SeenFile } from './plan-blobs.ts';
import { ProgressMeter } from './progress-meter.ts';
import { publish } from './publish.ts';
import { removePartials } from './remove-partials.ts';
import { ranOutOfSpace, reserveSpace } from './space.ts';
import type { Target } from './target.ts';
import { UpstreamDigests } from './upstream-digests.ts';

/** A blob may vanish between its proof and its link; more often than this is no accident. */
const MAX_ROUNDS = 5;

export interface LockedEnsure {
  readonly work: Orchestration;
  readonly target: Target;
  readonly options: EnsureOptions;
  readonly emit: Emit;
  readonly force: boolean;
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

export async function ensureLocked(locked: LockedEnsure): Promise<EnsureDone> {
  const { work, emit, force } = locked;
  startEngine(locked);
  await recover(work.store, work.blobs, {
    wanted: digestsOf(locked.target.spec.files),
    onMended: (what, path) => emit({ type: 'recovery.done', what, path }),
  });
  const before = inspectTarget(work, locked.target);
  if (before.complete && !force) {
    await removeUnfinished(locked);
    return { inspection: before };
  }
  const target = widen(locked.target, before);
  const intent = await beginIntent(work.store, { ref: target.label, digests: digestsOf(target.files) });
  try {
    const run = await beginRun({ ...locked, target });
    const done = await makeComplete(run, { intent, lease: locked.lease, force });
    if (force) await countForced(work.store, target.spec.family, target.spec.ref);
    await removeUnfinished({ work, target });
    await fillHfCache(run, done.obtained);
    return { inspection: inspectTarget(work, locked.target), work: done };
  } finally {
    await intent.end();
  }
}

/** Its threads take as long to start as the store's records to be written: both at once. A failure is told where the engine is used. */
function startEngine({ work, target, options, force }: LockedEnsure): void {
  const bytes = bytesToFetch(lookAt(work, target, { force }).files, force);
  if (bytes > 0)
    work.engine(options).then(
      (engine) => engine.expect(bytes),
      () => undefined,
    );
}

const removeUnfinished = ({ work, target }: Pick<LockedEnsure, 'work' | 'target'>): Promise<void> =>
  removePartials(
    work,
    lookAt(work, target).files.map((file) => file.key),
  );

interface CompleteRequest {
  readonly intent: Intent;
  readonly lease: Lease;
  readonly force: boolean;
}

const digestsOf = (files: readonly FileSpec[]): Sha256[] => files.flatMap((file) => (file.sha256 ? [file.sha256] : []));

/** What was published before stays part of the model: a selection grows the directory, never shrinks it. */
function widen(target: Target, { record }: Inspection): Target {
  const published = new Set(record?.files.map((file) => file.path));
  return { ...target, files: selectFiles(target.spec, target.selection, published) };
}

async function beginRun(locked: LockedEnsure): Promise<EnsureRun> {
  const { work, target, options, emit, lease } = locked;
  const meter = new ProgressMeter({
    clock: work.store.clock,
    emit,
    onProgress: (progress) => {
      lease.update(progress);
      options.onProgress?.(progress);
    },
  });
  const sources = await work.sources(options.offline ?? work.settings.offline, emit);
  return {
    work,
    target,
    options,
    emit,
    signal: locked.signal,
    meter,
    sources,
    upstream: new UpstreamDigests(emit),
    doing: `ensure ${target.label}`,
    liars: new Set(),
    absent: new Set(),
  };
}

async function makeComplete(run: EnsureRun, { intent, lease, force }: CompleteRequest): Promise<EnsureWork> {
  let fetchedBytes = 0;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    throwIfCancelled(run.signal, run.doing);
    const { obtained, unreferenced } = await obtain(run, force && round === 1);
    for (const blob of blobsOf(obtained)) fetchedBytes += blob.fetchedBytes;
    const done: EnsureWork = { obtained, fetchedBytes, liars: run.liars };
    if (await isPublished(run, obtained)) return done;
    run.emit({ type: 'ensure.phase', phase: 'publishing' });
    lease.assertHeld();
    if (await publish(run, { intent, obtained, leftOut: new Set([...unreferenced, ...run.absent]) })) return done;
  }
  throw new ModelError('CONCURRENT_MODIFICATION', `${run.target.label}: blobs vanished while they were linked, ${MAX_ROUNDS} times`, {
    hint: 'something removes files under MODELS_ROOT/.blobs: find out what, then run the same command again',
  });
}

/** Whether all that was obtained lies in its place already, and nothing has to be put on record. */
async function isPublished(run: EnsureRun, obtained: Obtained): Promise<boolean> {
  const { work, target } = run;
  let inspection = inspectTarget(work, target);
  // Between another model's link and its note of that in the ledger, ours look touched: whoever links holds the digest's lock.
  for (const { condition, published } of inspection.files) {
    if (condition === 'touched' && published) await afterLinking(run, published.sha256);
  }
  inspection = inspectTarget(work, target);
  const isOpen = ({ condition, spec, published }: InspectedFile) => {
    const { blob, proof } = obtained.get(spec.path) ?? {};
    const isNew = blob?.digest !== published?.sha256 || proof !== published?.proof;
    return condition === 'touched' || (blob !== undefined && (condition !== 'proven' || isNew));
  };
  const isNew = (path: string) => inspection.record?.leftOut.includes(path) !== true;
  return inspection.record !== undefined && !inspection.files.some(isOpen) && ![...run.absent].some(isNew);
}

const afterLinking = async (run: EnsureRun, digest: Sha256): Promise<void> => (await lockBlob(run, digest)).release();

interface ObtainedAll {
  readonly obtained: Obtained;
  readonly unreferenced: ReadonlySet<string>;
}

/** Space for everything first, so that nothing moves in vain; then indexes, which say which shards are worth fetching. */
async function obtain(run: EnsureRun, force: boolean): Promise<ObtainedAll> {
  const { work, target, meter } = run;
  const { files } = lookAt(work, target, { force });
  const totalBytes = sizeOf(files);
  const fetchBytes = bytesToFetch(files, force);
  meter.expect(totalBytes);
  run.emit({ type: 'ensure.planned', totalBytes, heldBytes: totalBytes - fetchBytes, fetchBytes });
  const reservation = await reserveSpace(work, target.label, fetchBytes);
  const unwatch = meter.watchMoved((movedBytes) => reservation.update(fetchBytes - movedBytes));
  run.emit({ type: 'ensure.phase', phase: 'transferring' });
  try {
    return await obtainInOrder(run, { files, force, engine: await work.engine(run.options) });
  } catch (error) {
    if (!isModelError(error, 'NO_SPACE')) throw error;
    throw ranOutOfSpace(work, target.label, bytesToFetch(lookAt(work, target).files, false), error);
  } finally {
    unwatch();
    await reservation.end();
  }
}

async function obtainInOrder(run: EnsureRun, request: ObtainRequest): Promise<ObtainedAll> {
  const { files } = request;
  const indexes = await obtainFiles(run, { ...request, files: files.filter((file) => isIndex(file.spec)) });
  // An optional index that no source has names nothing.
  const known = run.target.files.filter((file) => !isIndex(file) || indexes.has(file.path));
  const unreferenced = unreferencedShards({ files: known, listed: run.target.spec.files }, (index) => readProven(run, indexes, index));
  run.meter.expect(-sizeOf(files.filter((file) => unreferenced.has(file.spec.path))));
  const rest = files.filter((file) => !isIndex(file.spec) && !unreferenced.has(file.spec.path));
  const others = await obtainFiles(run, { ...request, files: rest });
  run.meter.tell(true);
  return { obtained: new Map([...indexes, ...others]), unreferenced };
}

const sizeOf = (files: readonly SeenFile[]): number => files.reduce((sum, file) => sum + file.spec.sizeBytes, 0);

const bytesToFetch = (files: readonly SeenFile[], force: boolean): number =>
  planBlobs(files, { force }).reduce((sum, planned) => sum + planned.fetchBytes, 0);

function readProven(run: EnsureRun, indexes: Obtained, index: FileSpec): Uint8Array {
  const digest = digestOf(indexes, index);
  if (digest === undefined)
    throw new ModelError('COMPONENT_MISSING', `${index.path} names the shards of ${run.target.label}, and no source has it`);
  return readFileSync(run.work.blobs.path(digest));
}
