import type { Clock, Random } from '../domain/world.ts';
import type { LockManager } from '../locks/lock-manager.ts';
import type { ModelResolver } from '../resolver/model-resolver.ts';

/** What every part of the store works with. */
export interface StoreContext {
  readonly resolver: ModelResolver;
  readonly locks: LockManager;
  readonly clock: Clock;
  readonly random: Random;
  /** Bound of every wait for a short lock (state, linking); long waits bring their own. */
  readonly lockTimeoutMs: number;
  /** Whether a root that is no store stays none: a volume that is not mounted looks like a new one. Default: no. */
  readonly requiresStore?: boolean;
}
