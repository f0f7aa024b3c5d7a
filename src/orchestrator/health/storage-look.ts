/** How the storage is: its parts are looked at beside each other, and each is told, or that there was no time for it. */
import type { DiskUsage } from '../../domain/disk-usage.ts';
import { asModelError, isModelError } from '../../domain/errors.ts';
import type { QuotaHealth, SourceHealth, StorageHealth } from '../../domain/health.ts';
import type { ModelSource } from '../../domain/results.ts';
import type { TierState } from '../../domain/tiers.ts';
import type { Clock } from '../../domain/world.ts';
import { SharedLook } from '../../util/shared-look.ts';
import { turns } from '../../util/turns.ts';
import { within } from '../../util/within.ts';
import type { ModelOrchestrator } from '../api.ts';
import { storageHealth } from './judge-health.ts';

export interface Quotas {
  readonly totalBytes?: number | undefined;
  readonly familyBytes?: number | undefined;
}

export interface StorageLookOptions {
  readonly orchestrator: Pick<ModelOrchestrator, 'listModels' | 'diskUsage' | 'tierStatus' | 'sources'>;
  readonly clock: Clock;
  readonly marginBytes: number;
  readonly quotas: Quotas;
}

/** A look at every inode of the store, or at a bucket, is not made for each who asks. */
const FRESH_FOR_MS = 5000;

interface Parts {
  readonly usage: DiskUsage;
  readonly tiers: readonly TierState[];
  readonly sources: readonly SourceHealth[];
}

export class StorageLook {
  readonly #options: StorageLookOptions;
  readonly #looks: { readonly [Part in keyof Parts]: SharedLook<Parts[Part]> };

  constructor(options: StorageLookOptions) {
    const { orchestrator, clock } = options;
    const shared = <T>(look: () => Promise<T>): SharedLook<T> =>
      new SharedLook({ look, freshForMs: FRESH_FOR_MS, now: () => clock.monotonic() });
    this.#options = options;
    this.#looks = {
      usage: shared(() => orchestrator.diskUsage()),
      tiers: shared(async () => (await orchestrator.tierStatus()).tiers),
      sources: shared(() => sourcesOf(options)),
    };
  }

  async look(budgetMs: number): Promise<StorageHealth> {
    const [usage, tiers, sources] = await Promise.all([
      this.#part('usage', budgetMs),
      this.#part('tiers', budgetMs),
      this.#part('sources', budgetMs),
    ]);
    const all = [usage, tiers, sources];
    const parts: Omit<StorageHealth, 'health'> = {
      ...(usage.value && { usage: usage.value, quotas: quotasOf(usage.value, this.#options.quotas) }),
      ...(tiers.value && { tiers: tiers.value }),
      ...(sources.value && { sources: sources.value }),
      notLooked: all.filter(({ isLate }) => isLate).map(({ part }) => part),
      errors: all.flatMap(({ part, error }) => (error === undefined ? [] : [{ part, error: asModelError(error).toJSON() }])),
    };
    return { ...parts, health: storageHealth(parts, this.#options) };
  }

  async #part<Part extends keyof Parts>(part: Part, budgetMs: number): Promise<Seen<Parts[Part]>> {
    try {
      const seen = await within(budgetMs, this.#looks[part].get());
      return seen.inTime ? { part, value: seen.value } : { part, isLate: true };
    } catch (error) {
      return { part, error };
    }
  }
}

interface Seen<T> {
  readonly part: string;
  readonly value?: T;
  readonly isLate?: true;
  readonly error?: unknown;
}

function quotasOf({ total, families }: DiskUsage, { totalBytes, familyBytes }: Quotas): QuotaHealth[] {
  const ofFamilies = familyBytes === undefined ? [] : families;
  return [
    ...(totalBytes === undefined ? [] : [{ scope: 'total' as const, quotaBytes: totalBytes, usedBytes: total.diskBytes }]),
    ...ofFamilies.map(({ name, diskBytes }) => ({
      ...{ scope: 'family' as const, family: name, quotaBytes: familyBytes ?? 0, usedBytes: diskBytes },
    })),
  ];
}

/** Of all models, each source once; nobody is asked. What a model is wrong in is told with the models. */
async function sourcesOf({ orchestrator, clock }: StorageLookOptions): Promise<SourceHealth[]> {
  const found = new Map<string, SourceHealth>();
  const turn = turns(() => clock.monotonic());
  for (const { modelId } of await orchestrator.listModels({ manifestOnly: true })) {
    for (const one of await sourcesOfModel(orchestrator, modelId)) found.set(one.source, addedTo(found.get(one.source), one));
    await turn();
  }
  return [...found.values()];
}

async function sourcesOfModel(orchestrator: StorageLookOptions['orchestrator'], modelId: string): Promise<readonly ModelSource[]> {
  try {
    return (await orchestrator.sources(modelId)).sources;
  } catch (error) {
    if (isModelError(error)) return [];
    throw error;
  }
}

const addedTo = (known: SourceHealth | undefined, { source, host, error, failures }: ModelSource): SourceHealth => ({
  source,
  ...(host !== undefined && { host }),
  modelCount: (known?.modelCount ?? 0) + 1,
  ...(error !== undefined && { error }),
  failureCount: failures.length,
});
