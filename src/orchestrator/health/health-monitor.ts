/**
 * How the models and their storage are, for whoever asks often: changes nothing on disk, opens no socket but for a tier in S3, and answers in
 * time, with what there is by then. Many who ask at once cost one look.
 */
import { type ModelHealth, type ModelsHealth, type StorageHealth, worstHealth } from '../../domain/health.ts';
import type { ModelSummary } from '../../domain/spec.ts';
import type { Clock } from '../../domain/world.ts';
import { SharedLook } from '../../util/shared-look.ts';
import { systemClock } from '../../util/system-world.ts';
import { within } from '../../util/within.ts';
import type { ModelOrchestrator } from '../api.ts';
import { lookAtModels } from './look-at-models.ts';
import { type Quotas, StorageLook } from './storage-look.ts';

export interface HealthMonitorOptions {
  /** For how long what was seen is told again. Default 250 ms. */
  readonly freshForMs?: number;
  /** Free space that no ensure may eat into, and quotas: as configured. */
  readonly marginBytes?: number;
  readonly quotas?: Quotas;
  readonly clock?: Clock;
}

export interface HealthQuestion {
  /** How long the answer may take. Default 2 s. */
  readonly budgetMs?: number;
}

const FRESH_FOR_MS = 250;
const BUDGET_MS = 2000;

type Watched = Pick<ModelOrchestrator, 'listModels' | 'status' | 'diskUsage' | 'tierStatus' | 'sources'>;

export class HealthMonitor {
  readonly #orchestrator: Watched;
  readonly #clock: Clock;
  readonly #listing: SharedLook<readonly ModelSummary[]>;
  readonly #models: SharedLook<void>;
  readonly #storage: StorageLook;
  /** Of the last look at each, which may be of an earlier round. */
  readonly #seen = new Map<string, ModelHealth>();

  constructor(orchestrator: Watched, options: HealthMonitorOptions = {}) {
    const { clock = systemClock, freshForMs = FRESH_FOR_MS } = options;
    const now = () => clock.monotonic();
    this.#orchestrator = orchestrator;
    this.#clock = clock;
    this.#listing = new SharedLook({ look: () => orchestrator.listModels({ manifestOnly: true }), freshForMs, now });
    this.#models = new SharedLook({ look: () => this.#round(), freshForMs, now });
    this.#storage = new StorageLook({ orchestrator, clock, marginBytes: options.marginBytes ?? 0, quotas: options.quotas ?? {} });
  }

  /** What the manifest defines. @throws ModelError where it cannot be read */
  listed(): Promise<readonly ModelSummary[]> {
    return this.#listing.get();
  }

  /** @throws ModelError where the manifest cannot be read */
  async models({ budgetMs = BUDGET_MS }: HealthQuestion = {}): Promise<ModelsHealth> {
    const { inTime } = await within(budgetMs, this.#models.get());
    const summaries = await this.listed();
    const models = summaries.map((summary) => this.#seen.get(summary.modelId) ?? notLookedAt(summary));
    return { models, isWhole: inTime, health: worstHealth([inTime ? 'healthy' : 'degraded', ...models.map(({ health }) => health)]) };
  }

  /** Volume, quotas, tiers and sources; each part has the whole time. */
  storage({ budgetMs = BUDGET_MS }: HealthQuestion = {}): Promise<StorageHealth> {
    return this.#storage.look(budgetMs);
  }

  async #round(): Promise<void> {
    const models = await this.listed();
    const known = new Set(models.map(({ modelId }) => modelId));
    for (const modelId of this.#seen.keys()) if (!known.has(modelId)) this.#seen.delete(modelId);
    await lookAtModels(models, {
      orchestrator: this.#orchestrator,
      clock: this.#clock,
      onModel: (model) => this.#seen.set(model.modelId, model),
    });
  }
}

const notLookedAt = ({ modelId, defaultVariant }: ModelSummary): ModelHealth => ({ modelId, variant: defaultVariant, health: 'degraded' });
