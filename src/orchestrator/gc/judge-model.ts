/** Whether somebody or something keeps a model, before any rule is asked. Pure. */
import { describeHolder } from '../../domain/describe-holder.ts';
import type { GcKeep } from '../../domain/gc.ts';
import type { FileUser } from '../../store/open-files.ts';
import { isHolding } from '../../store/pins.ts';
import type { ScannedSnapshot, StoreScan } from '../../store/scan-store.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { leasePhrase, pinPhrase } from '../removal-guard.ts';
import type { GcRules } from './gc-rules.ts';

export interface Kept {
  readonly reason: GcKeep;
  readonly why: string;
}

export function keeperOf(snapshot: ScannedSnapshot, scan: StoreScan, rules: GcRules): Kept | undefined {
  const held = heldBy(snapshot, scan);
  if (held !== undefined) return held;
  if (rules.isOnlyCopy(snapshot)) return { reason: 'only_copy', why: 'it was uploaded, and nothing else has its bytes: `wan models rm`' };
  const user = rules.openBy(snapshot);
  if (user !== undefined) return { reason: 'open', why: openPhrase(user) };
  if (snapshot.foreignFile !== undefined) return { reason: 'foreign', why: foreignPhrase(snapshot.foreignFile) };
  if (rules.family !== undefined && rules.family !== snapshot.family)
    return { reason: 'not_asked', why: `of the family ${snapshot.family}` };
  if (rules.isAutomatic && idleMs(snapshot, rules) < rules.graceMs) return { reason: 'grace', why: usePhrase(snapshot, rules) };
  return undefined;
}

function heldBy({ name, label, atWork }: ScannedSnapshot, scan: StoreScan): Kept | undefined {
  const pin = scan.pins.get(name);
  if (pin !== undefined && isHolding(pin)) return { reason: 'pinned', why: pinPhrase(pin) };
  const [lease] = scan.leases.byName.get(name) ?? [];
  if (lease !== undefined || scan.leases.unreadable > 0) return { reason: 'leased', why: leasePhrase(lease) };
  if (scan.ensuring.has(label)) return { reason: 'at_work', why: 'an ensure works on it' };
  if (atWork === undefined) return undefined;
  return { reason: 'at_work', why: `${describeHolder(atWork === 'somebody' ? undefined : atWork)} works on it` };
}

/** A time that lies ahead (the clock was set back) is now: so much is certain, that it was used. */
export const idleMs = ({ lastUsedMs }: ScannedSnapshot, { nowMs }: Pick<GcRules, 'nowMs'>): number => Math.max(0, nowMs - lastUsedMs);

export const usePhrase = (snapshot: ScannedSnapshot, rules: Pick<GcRules, 'nowMs'>): string =>
  `not used for ${formatDuration(idleMs(snapshot, rules))}`;

/** Nobody could bring it back. */
export const foreignPhrase = (path: string): string => `somebody's own file is in its folder: ${path}`;

export const openPhrase = ({ pid, program, how }: FileUser): string => `${how} by pid ${pid} (${program})`;
