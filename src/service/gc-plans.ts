/** Plans of gc that were shown, so that what is run is what was seen. In memory: a restart forgets them, and a new one is asked for. */
import type { GcPlan } from '../domain/gc.ts';

const KEPT = 16;
const KEPT_MS = 10 * 60_000;

interface KeptPlan {
  readonly plan: GcPlan;
  readonly atMs: number;
}

export class GcPlans {
  readonly #plans = new Map<string, KeptPlan>();

  /** @returns the id by which it can be run */
  keep(plan: GcPlan): string {
    const id = crypto.randomUUID();
    this.#plans.set(id, { plan, atMs: Date.now() });
    for (const old of [...this.#plans.keys()].slice(0, -KEPT)) this.#plans.delete(old);
    return id;
  }

  /** Once: a plan that was run is done. */
  take(id: string): GcPlan | undefined {
    const kept = this.#plans.get(id);
    this.#plans.delete(id);
    return kept !== undefined && Date.now() - kept.atMs < KEPT_MS ? kept.plan : undefined;
  }
}
