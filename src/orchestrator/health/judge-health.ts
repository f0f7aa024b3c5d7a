/** What a state, or a part of the storage, means for whoever watches. */
import type { Health, QuotaHealth, StorageHealth } from '../../domain/health.ts';
import { worstHealth } from '../../domain/health.ts';
import { ModelState, type ModelStatus } from '../../domain/status.ts';

const OF_STATE: Readonly<Record<ModelState, Health>> = {
  [ModelState.COMPLETE]: 'healthy',
  [ModelState.VERIFYING]: 'healthy',
  [ModelState.PARTIAL]: 'degraded',
  [ModelState.NOT_PRESENT]: 'degraded',
  [ModelState.CORRUPT]: 'error',
};

/** Files that are right, and do not load, are no model: its smoke test counts where it found the model at fault. */
export const healthOf = ({ state, smoke }: ModelStatus): Health => (smoke?.verdict === 'failed' ? 'error' : OF_STATE[state]);

export interface StorageLimits {
  readonly marginBytes: number;
}

/** A source that cannot be asked is only missed where bytes must come: that degrades. */
export function storageHealth(parts: Omit<StorageHealth, 'health'>, { marginBytes }: StorageLimits): Health {
  const { usage, quotas = [], tiers = [], sources = [], notLooked, errors } = parts;
  const isTight = usage !== undefined && usage.volume.freeBytes < marginBytes;
  const isDegraded =
    isTight ||
    notLooked.length > 0 ||
    quotas.some(isOver) ||
    tiers.some(({ problem }) => problem !== undefined) ||
    sources.some(({ error }) => error !== undefined);
  return worstHealth([errors.length > 0 ? 'error' : 'healthy', isDegraded ? 'degraded' : 'healthy']);
}

const isOver = ({ usedBytes, quotaBytes }: QuotaHealth): boolean => usedBytes > quotaBytes;
