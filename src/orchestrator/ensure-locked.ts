/** The part of ensure that runs under the model's lock. */
import { dirname } from 'node:path';
import { throwIfCancelled } from '../domain/cancelled.ts';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import type { Lease } from '../locks/lease.ts';
import { selectFiles } from '../registry/select-files.ts';
import { countForced } from '../store/forced.ts';
import type { InspectedFile, Inspection } from '../store/inspect-snapshot.ts';
import { beginIntent, type Intent } from '../store/intents.ts';
import { requireOneVolume } from '../store/one-volume.ts';
import { recover } from '../store/recover.ts';
import type { EnsureOptions } from './api.ts';
import { coldPaths } from './cold-copy.ts';
import { intentFor } from './counted-on.ts';
import { digestsOf, withKnownOutputs } from './derived-outputs.ts';
import { type EnsureDone, type EnsureRun, type EnsureWork, lockBlob } from './ensure-run.ts';
import { fillHfCache } from './fill-hf-cache.ts';
import { inspectTarget, lookAt } from './look.ts';
import { blobsOf, type Obtained } from './obtain-files.ts';
import { obtainSelection } from './obtain-selection.ts';
import type { Orchestration } from './orchestration.ts';
import { planWork } from './plan-work.ts';
import { ProgressMeter } from './progress-meter.ts';
import { publish } from './publish.ts';
import { removePartials, unfinishedKeys } from './remove-partials.ts';
import type { Target } from './target.ts';
import { Troubles } from './troubles.ts';
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
    wanted: digestsOf([...locked.target.spec.files, ...withKnownOutputs(work, locked.target)]),
    onMended: (what, path) => emit({ type: 'recovery.done', what, path }),
  });
  const before = inspectTarget(work, locked.target);
  if (before.complete && !force) {
    await removeUnfinished(locked);
    return { inspection: before };
  }
  const target = widen(work, locked.target, before);
  requireOneVolume(work.store, [dirname(target.directory), target.directory]);
  const intent = await beginIntent(work.store, intentFor(work, target));
  try {
    const run = await beginRun({ ...locked, target }, intent);
    const done = await makeComplete(run, { lease: locked.lease, force });
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
  const bytes = planWork(work, target, { files: lookAt(work, target, { force }).files, force }).fetchBytes;
  if (bytes > 0)
    work.engine(options).then(
      (engine) => engine.expect(bytes),
      () => undefined,
    );
}

const removeUnfinished = ({ work, target }: Pick<LockedEnsure, 'work' | 'target'>): Promise<void> =>
  removePartials(work, unfinishedKeys(work, target));

interface CompleteRequest {
  readonly lease: Lease;
  readonly force: boolean;
}

/** What was published before stays part of the model, also while it lay in a tier: a selection grows the directory, never shrinks it. */
function widen(work: Orchestration, target: Target, { record }: Inspection): Target {
  const { family, ref } = target.spec;
  const published = new Set(record?.files.map((file) => file.path) ?? coldPaths(work, family, ref));
  return { ...target, files: selectFiles(target.spec, target.selection, published) };
}

async function beginRun(locked: LockedEnsure, intent: Intent): Promise<EnsureRun> {
  const { work, target, options, lease } = locked;
  const troubles = new Troubles();
  const emit = troubles.listening(locked.emit);
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
    intent,
    doing: `ensure ${target.label}`,
    liars: new Set(),
    troubles,
    absent: new Set(),
    mended: new Map(),
  };
}

async function makeComplete(run: EnsureRun, { lease, force }: CompleteRequest): Promise<EnsureWork> {
  let fetchedBytes = 0;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    throwIfCancelled(run.signal, run.doing);
    const { obtained, inputs, unreferenced, release } = await obtainSelection(run, force && round === 1);
    try {
      for (const blob of new Set([...blobsOf(obtained), ...inputs])) fetchedBytes += blob.fetchedBytes;
      const { liars, troubles, mended } = run;
      const done: EnsureWork = { obtained, inputs, fetchedBytes, published: false, liars, troubles, mended };
      if (await isPublished(run, obtained)) return done;
      run.emit({ type: 'ensure.phase', phase: 'publishing' });
      lease.assertHeld();
      if (await publish(run, { obtained, leftOut: new Set([...unreferenced, ...run.absent]) })) return { ...done, published: true };
    } finally {
      await release();
    }
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
