/** Doing what a plan says, and telling what became of each item. */
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { Emit } from '../../domain/events.ts';
import type { GcItem, GcPlan, GcReport, GcTarget } from '../../domain/gc.ts';
import { recover } from '../../store/recover.ts';
import { freeBytes } from '../../store/reservations.ts';
import type { Orchestration } from '../orchestration.ts';
import { isThere, type Outcome, removeOrphans, removePartial, removePlannedModel, removeQuarantined } from './remove-planned.ts';

export interface GcRun {
  readonly plan: GcPlan;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}

export async function runGc(work: Orchestration, { plan, emit, signal }: GcRun): Promise<GcReport> {
  const startedMs = work.store.clock.monotonic();
  const planned = plan.items.filter(({ action }) => action === 'remove');
  emit({ type: 'gc.started', items: planned.length, bytes: plan.removeBytes });
  const done: GcItem[] = [];
  const note = (item: GcItem, outcome: Outcome): void => {
    done.push(afterwards(item, outcome));
    if ('freedBytes' in outcome)
      emit({ type: 'gc.removed', kind: item.kind, what: item.what, bytes: outcome.freedBytes, reason: item.reason });
  };
  const check = (): void => (signal ? throwIfCancelled(signal, 'gc') : undefined);
  await recover(work.store, work.blobs, { wanted: [], onMended: (what, path) => emit({ type: 'recovery.done', what, path }) });
  const of = (...kinds: readonly GcItem['kind'][]): GcItem[] => planned.filter(({ kind }) => kinds.includes(kind));
  for (const item of of('staging', 'record', 'trash')) note(item, mended(work, item));
  for (const item of of('partial')) {
    check();
    note(item, await removePartial(work, item.what, item.bytes));
  }
  const orphans = of('blob');
  for (const [index, outcome] of (await removeOrphans(work, orphans)).entries()) note(orphans[index] as GcItem, outcome);
  for (const item of of('model')) {
    check();
    note(item, isFreeEnough(work, item, plan.targets) ? ENOUGH : await removeModelItem(work, item));
  }
  for (const item of of('quarantine')) note(item, await removeQuarantined(work, item));
  return reportOf(work, { plan, done, startedMs, emit });
}

const ENOUGH: Outcome = { reason: 'enough', why: 'enough is free without it' };

async function removeModelItem(work: Orchestration, { model }: GcItem): Promise<Outcome> {
  if (model === undefined) throw new Error('a model is removed by what was seen of it');
  return removePlannedModel(work, model);
}

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

const afterwards = (item: GcItem, outcome: Outcome): GcItem =>
  'freedBytes' in outcome ? { ...item, bytes: outcome.freedBytes } : { ...item, action: 'keep', ...outcome };

interface Done {
  readonly plan: GcPlan;
  readonly done: readonly GcItem[];
  readonly startedMs: number;
  readonly emit: Emit;
}

function reportOf(work: Orchestration, { plan, done, startedMs, emit }: Done): GcReport {
  const removed = done.filter(({ action }) => action === 'remove');
  const spared = done.filter(({ action }) => action === 'keep');
  const kept = [...spared, ...plan.items.filter(({ action }) => action === 'keep')];
  const reclaimedBytes = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  const sparedBytes = spared.filter(({ kind }) => kind === 'model').reduce((sum, { bytes }) => sum + bytes, 0);
  const durationMs = work.store.clock.monotonic() - startedMs;
  emit({ type: 'gc.finished', removed: removed.length, kept: kept.length, reclaimedBytes, durationMs });
  return {
    items: [...removed, ...kept],
    targets: plan.targets.map((target) => reached(work, target, { reclaimedBytes, sparedBytes })),
    removeBytes: reclaimedBytes,
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
