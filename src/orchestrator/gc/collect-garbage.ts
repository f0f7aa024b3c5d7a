/** `gc`: plans what may go, and removes it. */
import type { GcPlan, GcReport } from '../../domain/gc.ts';
import { readStoreId } from '../../store/open-store.ts';
import type { GcOptions, GcRunOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { type GcNeed, lookForGc } from './look-for-gc.ts';
import { planGc } from './plan-gc.ts';
import { runGc } from './run-gc.ts';

/** Changes nothing on disk. */
export async function planCollection(work: Orchestration, options: GcOptions = {}, need?: GcNeed): Promise<GcPlan> {
  const { view, rules } = await lookForGc(work, options, need);
  return planGc(view, rules);
}

/** Removes what is planned now, or of a plan that was shown before what may still go. */
export async function collectGarbage(work: Orchestration, options: GcRunOptions = {}, need?: GcNeed): Promise<GcReport> {
  const plan = options.plan ?? (await planCollection(work, options, need));
  // Where there is no store there is nothing to remove, and none is made.
  if (readStoreId(work.store) === undefined) return { ...plan, reclaimedBytes: 0, durationMs: 0 };
  const trigger = need === undefined ? (options.trigger ?? 'manual') : need.isOfVolume ? 'low_disk' : 'quota';
  return runGc(work, { plan, trigger, emit: work.emitter(options), ...(options.signal && { signal: options.signal }) });
}
