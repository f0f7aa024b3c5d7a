import type { GcPlan, GcReport } from '../../domain/gc.ts';
import type { GcOptions, GcRunOptions, ModelOrchestrator } from '../api.ts';

/** Garbage collection by the name that the field knows; `orchestrator.gc` is the same. */
export class GarbageCollector {
  readonly #orchestrator: Pick<ModelOrchestrator, 'planGc' | 'gc'>;

  constructor(orchestrator: Pick<ModelOrchestrator, 'planGc' | 'gc'>) {
    this.#orchestrator = orchestrator;
  }

  /** What `collect` would remove and keep, and why. Changes nothing on disk. */
  plan(options?: GcOptions): Promise<GcPlan> {
    return this.#orchestrator.planGc(options);
  }

  /** @throws ModelError where the manifest, the lockfile or a record that it needs cannot be read; then nothing was removed */
  collect(options?: GcRunOptions): Promise<GcReport> {
    return this.#orchestrator.gc(options);
  }
}
