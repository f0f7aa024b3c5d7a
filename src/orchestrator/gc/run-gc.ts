/** Doing what a plan says, and telling what became of each item. */
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { Emit } from '../../domain/events.ts';
import type { GcItem, GcModel, GcPlan, GcReport, GcTarget, GcTrigger } from '../../domain/gc.ts';
import { touchAccess } from '../../store/access.ts';
import { recover } from '../../store/recover.ts';
import { freeBytes } from '../../store/reservations.ts';
import { endUploads } from '../../store/upload-records.ts';
import type { Orchestration } from '../orchestration.ts';
import { NO_ROOM_IN_TRASH } from './plan-models.ts';
import {
  isThere,
  type Outcome,
  removeOrphans,
  removePartial,
  removePlannedModel,
  removeQuarantined,
  removeTrashed,
} from './remove-planned.ts';

export interface GcRun {
  readonly plan: GcPlan;
  readonly trigger: GcTrigger;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}

export async function runGc(work: Orchestration, { plan, trigger, emit, signal }: GcRun): Promise<GcReport> {
  const startedMs = work.store.clock.monotonic();
  const planned = plan.items.filter(({ action }) => action !== 'keep');
  emit({ type: 'gc.started', trigger, items: planned.length, bytes: plan.removeBytes });
  const done: GcItem[] = [];
  const note = (item: GcItem, outcome: Outcome): void => {
    done.push(afterwards(item, outcome));
    const { kind, what, reason } = item;
    if ('freedBytes' in outcome) emit({ type: 'gc.removed', kind, what, bytes: outcome.freedBytes, reason });
    if ('trashedBytes' in outcome) emit({ type: 'gc.trashed', kind, what, bytes: outcome.trashedBytes, reason });
  };
  const check = (): void => (signal ? throwIfCancelled(signal, 'gc') : undefined);
  await endUploads(work.store);
  await recover(work.store, work.blobs, { wanted: [], onMended: (what, path) => emit({ type: 'recovery.done', what, path }) });
  const of = (...kinds: readonly GcItem['kind'][]): GcItem[] => planned.filter(({ kind }) => kinds.includes(kind));
  for (const item of of('staging', 'record')) note(item, mended(work, item));
  for (const item of of('trash')) note(item, item.reason === 'dead' ? mended(work, item) : await removeTrashed(work, item));
  for (const item of of('partial')) {
    check();
    note(item, await removePartial(work, item.what, item.bytes));
  }
  const orphans = of('blob');
  for (const [index, outcome] of (await removeOrphans(work, orphans)).entries()) note(orphans[index] as GcItem, outcome);
  for (const item of of('model')) {
    check();
    note(item, isFreeEnough(work, item, plan.targets) ? ENOUGH : await removePlannedModel(work, item));
  }
  for (const { action, model } of plan.items) if (action === 'keep' && model !== undefined) await settleLastUse(work, model);
  for (const item of of('quarantine')) note(item, await removeQuarantined(work, item));
  return reportOf(work, { plan, trigger, done, startedMs, emit });
}

/** One that lies ahead (the clock was set back) is now, and grows old from here on. */
async function settleLastUse({ store }: Orchestration, { family, ref, lastUsedMs }: GcModel): Promise<void> {
  if (lastUsedMs > store.clock.now()) await touchAccess(store, family, ref);
}

const ENOUGH: Outcome = { reason: 'enough', why: 'enough is free without it' };

/** What others freed meanwhile, and what sharing hid from the plan, need not be freed again. */
function isFreeEnough(work: Orchestration, { reason }: GcItem, targets: readonly GcTarget[]): boolean {
  const free = targets.find(({ kind }) => kind === 'free');
  return reason === 'free' && free !== undefined && freeBytes(work.store) >= free.wantedBytes;
}

/** Recovery has removed it, unless somebody else is at it. */
function mended(work: Orchestration, { path, bytes }: GcItem): Outcome {
  const { resolver } = work.store;
  return isThere(resolver.modelFile(resolver.root, path)) ? { reason: 'at_work', why: 'somebody is at it' } : { freedBytes: bytes };
}

function afterwards(item: GcItem, outcome: Outcome): GcItem {
  if ('trashedBytes' in outcome) return item;
  if (!('freedBytes' in outcome)) return { ...item, action: 'keep', ...outcome };
  return item.action === 'trash' ? goneAtOnce(item, outcome.freedBytes) : { ...item, bytes: outcome.freedBytes };
}

const goneAtOnce = ({ expiresMs: _never, why, ...item }: GcItem, bytes: number): GcItem => ({
  ...item,
  action: 'remove',
  bytes,
  why: `${why}, ${NO_ROOM_IN_TRASH}`,
});

interface Done {
  readonly plan: GcPlan;
  readonly trigger: GcTrigger;
  readonly done: readonly GcItem[];
  readonly startedMs: number;
  readonly emit: Emit;
}

function reportOf(work: Orchestration, { plan, trigger, done, startedMs, emit }: Done): GcReport {
  const removed = done.filter(({ action }) => action === 'remove');
  const trashed = done.filter(({ action }) => action === 'trash');
  const spared = done.filter(({ action }) => action === 'keep');
  const kept = [...spared, ...plan.items.filter(({ action }) => action === 'keep')];
  const reclaimedBytes = sum(removed);
  const trashBytes = sum(trashed);
  const sparedBytes = sum(spared.filter(({ kind }) => kind === 'model'));
  const durationMs = work.store.clock.monotonic() - startedMs;
  emit({
    type: 'gc.finished',
    trigger,
    removed: removed.length,
    trashed: trashed.length,
    kept: kept.length,
    reclaimedBytes,
    trashBytes,
    durationMs,
  });
  return {
    items: [...removed, ...trashed, ...kept],
    targets: plan.targets.map((target) => reached(work, target, { reclaimedBytes, sparedBytes })),
    removeBytes: reclaimedBytes,
    trashBytes,
    keepBytes: plan.keepBytes + sparedBytes,
    inUse: plan.inUse,
    reclaimedBytes,
    durationMs,
  };
}

function reached(
  work: Orchestration,
  target: GcTarget,
  { reclaimedBytes, sparedBytes }: { reclaimedBytes: number; sparedBytes: number },
): GcTarget {
  if (target.kind === 'max_size') {
    const reachedBytes = target.reachedBytes + sparedBytes;
    return { ...target, reachedBytes, shortBytes: Math.max(0, reachedBytes - target.wantedBytes) };
  }
  const reachedBytes = target.kind === 'free' ? freeBytes(work.store) : reclaimedBytes;
  return { ...target, reachedBytes, shortBytes: Math.max(0, target.wantedBytes - reachedBytes) };
}

const sum = (items: readonly GcItem[]): number => items.reduce((total, { bytes }) => total + bytes, 0);
