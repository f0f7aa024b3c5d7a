import type { TierSettings } from '../domain/tiers.ts';
import type { Tier } from '../tiers/tier.ts';
import { otherTier } from '../tiers/tier-errors.ts';
import type { Orchestration } from './orchestration.ts';
import { type LockedCall, withLock } from './with-model-lock.ts';

export interface TierWanted {
  readonly settings: TierSettings;
  /** `refName` of the model that the caller goes on with. */
  readonly spared: string;
}

/**
 * Opens a tier for writing, alone in this root. Two names may mean one place, as where a section was renamed, or a path is a link: so
 * the lock is that of the tier itself, and what is at the place is looked at once more under it. Call under the model's lock.
 */
export function withTier<T>(
  work: Orchestration,
  { settings, spared }: TierWanted,
  call: LockedCall & { readonly signal: AbortSignal },
  use: (tier: Tier) => Promise<T>,
): Promise<T> {
  const { resolver } = work.store;
  const { signal } = call;
  return withLock(work, resolver.tierLock(settings.name), call, async () => {
    const id = await work.tiers.identify(settings, signal);
    return withLock(work, resolver.tierIdLock(id), call, async () => {
      const tier = await work.tiers.open(settings, { spared, signal });
      if (tier.id !== id) throw otherTier(settings.name, tier.place.label);
      return use(tier);
    });
  });
}
