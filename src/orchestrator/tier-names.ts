import { ModelError } from '../domain/errors.ts';
import { FAST_TIER, type TierSettings } from '../domain/tiers.ts';
import { nearest } from '../util/nearest.ts';
import type { Orchestration } from './orchestration.ts';

/** @throws ModelError INVALID_INPUT tier_unknown */
export function requireTier({ tiers }: Orchestration, name: string): TierSettings {
  const settings = tiers.settings.find((tier) => tier.name === name);
  if (settings !== undefined) return settings;
  const names = [FAST_TIER, ...tiers.settings.map((tier) => tier.name)];
  const meant = nearest(name, names);
  throw new ModelError('INVALID_INPUT', `no tier ${JSON.stringify(name)} is configured, only ${names.join(', ')}`, {
    reason: 'tier_unknown',
    hint:
      meant === undefined
        ? 'write [tiers.NAME] into wan.toml (docs/tiers.md); of an untrusted project it counts after `wan config trust`'
        : `did you mean ${meant}?`,
    details: { tier: name, known: names },
  });
}
