/** What belongs to no model: whether it is of use to somebody yet. Pure. */
import type { GcItem, GcKind, GcRule } from '../../domain/gc.ts';
import type { ScannedEntry, ScannedOrphan, ScannedPartial, StoreScan } from '../../store/scan-store.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { type GcRules, isFamilyQuota } from './gc-rules.ts';
import type { Kept } from './judge-model.ts';

export function planDebris(scan: StoreScan, rules: GcRules, relative: (path: string) => string): readonly GcItem[] {
  const item = (kind: GcKind, entry: ScannedEntry & { readonly what?: string }, kept: Kept | undefined, going: Going): GcItem => ({
    kind,
    what: entry.what ?? relative(entry.path),
    path: relative(entry.path),
    bytes: entry.bytes,
    ...(kept ? { action: 'keep', ...kept } : { action: 'remove', ...going }),
  });
  const old = (entry: ScannedEntry): string => `unchanged for ${formatDuration(Math.max(0, rules.nowMs - entry.changedMs))}`;
  return [
    ...scan.trash.map((entry) => item('trash', entry, undefined, { reason: 'dead', why: 'a removal was cut short' })),
    ...scan.stagings.map((entry) => item('staging', entry, undefined, { reason: 'dead', why: 'its ensure has died' })),
    ...scan.records.map((entry) => item('record', entry, undefined, { reason: 'dead', why: 'its writer has died' })),
    ...scan.partials.map((entry) =>
      item('partial', { ...entry, what: entry.key }, keeperOfPartial(entry, scan, rules) ?? notAsked(rules), {
        reason: 'dead',
        why: old(entry),
      }),
    ),
    ...scan.orphans.map((entry) =>
      item('blob', { ...entry, what: entry.digest }, keeperOfOrphan(entry, scan, rules) ?? notAsked(rules), {
        reason: 'orphan',
        why: old(entry),
      }),
    ),
    ...scan.quarantine.map((entry) =>
      item('quarantine', entry, keeperOfQuarantine(entry, rules), { reason: 'asked', why: 'bad bytes that were replaced' }),
    ),
  ];
}

interface Going {
  readonly reason: GcRule;
  readonly why: string;
}

function keeperOfPartial(partial: ScannedPartial, { intended, uploading }: StoreScan, rules: GcRules): Kept | undefined {
  if (uploading.has(partial.key)) return { reason: 'at_work', why: 'an upload that is not over yet goes on with it' };
  if (partial.isLive) return { reason: 'at_work', why: 'somebody writes it' };
  if (intended.has(partial.key)) return { reason: 'at_work', why: 'an ensure goes on with it' };
  return wantedBy(partial.key, rules) ?? youngOne(partial, rules);
}

function keeperOfOrphan(orphan: ScannedOrphan, { intended }: StoreScan, rules: GcRules): Kept | undefined {
  if (intended.has(orphan.digest)) return { reason: 'at_work', why: 'an ensure counts on it' };
  return wantedBy(orphan.digest, rules) ?? youngOne(orphan, rules);
}

function keeperOfQuarantine(entry: ScannedEntry, rules: GcRules): Kept | undefined {
  return rules.quarantine ? youngOne(entry, rules) : { reason: 'not_asked', why: 'bad bytes, kept to be looked at: --quarantine' };
}

const notAsked = (rules: GcRules): Kept | undefined =>
  isFamilyQuota(rules) ? { reason: 'not_asked', why: 'it counts for no family' } : undefined;

const wantedBy = (key: string, { wanted }: GcRules): Kept | undefined =>
  wanted.has(key) ? { reason: 'counted_on', why: 'a model counts on it that is pinned or leased, or that a job is about' } : undefined;

/** What an ensure that was interrupted has fetched is worth most right after that. */
function youngOne({ changedMs }: ScannedEntry, { nowMs, graceMs }: GcRules): Kept | undefined {
  if (nowMs - changedMs >= graceMs) return undefined;
  return { reason: 'grace', why: `changed within ${formatDuration(graceMs)}: an ensure that is run again may go on with it` };
}
