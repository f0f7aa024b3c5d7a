import type { Config } from '../config/config.ts';
import { requireModelsRoot } from '../config/require-models-root.ts';
import { LockManager } from '../locks/lock-manager.ts';
import { ModelResolver } from '../resolver/model-resolver.ts';
import type { StoreContext } from '../store/context.ts';
import { systemClock, systemRandom } from '../util/system-world.ts';

/** Bound of the wait for locks that are held for moments only. */
const SHORT_LOCK_MS = 60_000;

export function storeContext(modelsRoot: string, cwd: string): StoreContext {
  const resolver = new ModelResolver({ modelsRoot, cwd });
  const locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir: resolver.lockDir });
  return { resolver, locks, clock: systemClock, random: systemRandom, lockTimeoutMs: SHORT_LOCK_MS };
}

/** @throws ModelError INVALID_CONFIG without MODELS_ROOT */
export const configuredStore = (config: Config): StoreContext => ({
  ...storeContext(requireModelsRoot(config), config.cwd),
  requiresStore: config.requireStore,
});
