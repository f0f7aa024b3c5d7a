/** How the models and the place that keeps them are, as it is told to whoever watches. */
import type { DiskUsage } from './disk-usage.ts';
import type { ErrorDocument } from './errors.ts';
import type { ModelStatus } from './status.ts';
import type { TierState } from './tiers.ts';

/** `degraded`: something is not here, or could not be looked at; `error`: something is here and wrong, or cannot be told at all. */
export const HEALTH = ['healthy', 'degraded', 'error'] as const;
export type Health = (typeof HEALTH)[number];

/** The worst of them. */
export const worstHealth = (all: readonly Health[]): Health => HEALTH[Math.max(0, ...all.map((one) => HEALTH.indexOf(one)))] ?? 'healthy';

/** One model: what was seen of it, why it could not be, or that there was no time for it. */
export interface ModelHealth {
  readonly modelId: string;
  readonly variant: string;
  readonly health: Health;
  readonly status?: ModelStatus;
  readonly error?: ErrorDocument;
  /** Milliseconds since the epoch: when it was looked at; absent: it was not yet. */
  readonly lookedAtMs?: number;
}

export interface ModelsHealth {
  readonly health: Health;
  /** In manifest order, every one of them. */
  readonly models: readonly ModelHealth[];
  /** False: there was no time to look at all; those that were not looked at say so, or how they were before. */
  readonly isWhole: boolean;
}

export interface SourceHealth {
  /** Redacted URL. */
  readonly source: string;
  readonly host?: string;
  /** How many models name it. */
  readonly modelCount: number;
  /** Why it cannot be asked at all. */
  readonly error?: ErrorDocument;
  /** What is remembered against it. */
  readonly failureCount: number;
}

export interface QuotaHealth {
  readonly scope: 'total' | 'family';
  readonly family?: string;
  readonly quotaBytes: number;
  readonly usedBytes: number;
}

/** Each part is absent where there was no time for it; then its name is in `notLooked`. */
export interface StorageHealth {
  readonly health: Health;
  readonly usage?: DiskUsage;
  readonly quotas?: readonly QuotaHealth[];
  readonly tiers?: readonly TierState[];
  readonly sources?: readonly SourceHealth[];
  readonly notLooked: readonly string[];
  /** Why a part cannot be told. */
  readonly errors: readonly { readonly part: string; readonly error: ErrorDocument }[];
}
