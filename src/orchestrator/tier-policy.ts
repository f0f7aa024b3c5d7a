/** Which tier a model belongs into by now: the coldest one whose time it has passed. */
import { statSync } from 'node:fs';
import { formatRef } from '../domain/model-ref.ts';
import type { ModelSpec } from '../domain/spec.ts';
import type { TierSettings } from '../domain/tiers.ts';
import { isHolding, readPin } from '../store/pins.ts';
import type { SnapshotRecord } from '../store/snapshot-record.ts';
import { formatBytes } from '../util/format-bytes.ts';
import { formatDuration } from '../util/format-duration.ts';
import type { Orchestration } from './orchestration.ts';

export interface Verdict {
  readonly to: string;
  readonly because: string;
}

export interface PolicyFacts {
  readonly idleMs: number;
  readonly sizeBytes: number;
}

/** Pure. A clock that went backwards makes nothing idle. */
export function chooseTier(tiers: readonly TierSettings[], { idleMs, sizeBytes }: PolicyFacts): Verdict | undefined {
  const fitting = tiers.filter((tier) => tier.idleMs !== undefined && idleMs >= tier.idleMs && sizeBytes >= tier.minSizeBytes);
  const [coldest] = fitting.toSorted((a, b) => (b.idleMs ?? 0) - (a.idleMs ?? 0));
  return coldest && { to: coldest.name, because: `unused for ${formatDuration(idleMs)}, ${formatBytes(sizeBytes)}` };
}

/** Of a model that is published here. What is pinned stays. */
export function policyOf(
  { store, tiers }: Orchestration,
  { family, ref }: Pick<ModelSpec, 'family' | 'ref'>,
  snapshot: SnapshotRecord,
): Verdict | undefined {
  const name = store.resolver.refName(family, ref);
  const pin = readPin(store, name);
  if (pin !== undefined && isHolding(pin)) return undefined;
  const sizes = new Map(snapshot.files.map(({ sha256, key }) => [sha256, key.sizeBytes]));
  const idleMs = store.clock.now() - lastUsedMs({ store }, { family, ref }, snapshot);
  return chooseTier(tiers.settings, { idleMs, sizeBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) });
}

/** Since the epoch: its last use, else its publication. */
export function lastUsedMs(
  { store }: Pick<Orchestration, 'store'>,
  { family, ref }: Pick<ModelSpec, 'family' | 'ref'>,
  { verifiedAt }: Pick<SnapshotRecord, 'verifiedAt'>,
): number {
  const access = statSync(store.resolver.stateFile('access', store.resolver.refName(family, ref)), { throwIfNoEntry: false });
  const publishedMs = Date.parse(verifiedAt);
  const knownMs = access?.mtimeMs ?? publishedMs;
  if (Number.isNaN(knownMs)) throw new Error(`${formatRef(ref)} was published at no time`);
  return knownMs;
}
