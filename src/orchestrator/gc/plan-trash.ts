/** Removed models that are kept in the trash: which of them are purged now. Pure. */
import type { GcItem } from '../../domain/gc.ts';
import type { ScannedTrash, StoreScan } from '../../store/scan-store.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { type GcRules, heldBlobs, isFamilyQuota, isPurging } from './gc-rules.ts';
import { UniqueBytes } from './unique-bytes.ts';

export interface TrashPlan {
  readonly items: readonly GcItem[];
  /** What goes on being kept. */
  readonly kept: readonly ScannedTrash[];
}

/** Soonest over first. A purge frees what no model, nobody at work, and nothing else in the trash, counts on. */
export function planTrash(scan: StoreScan, rules: GcRules, relative: (path: string) => string): TrashPlan {
  const { keptTrash, snapshots } = scan;
  if (keptTrash.length === 0) return { items: [], kept: [] };
  const left = new UniqueBytes(scan.blobs, [...snapshots, ...keptTrash], heldBlobs(scan, rules));
  const ordered = keptTrash.toSorted((a, b) => a.expiresMs - b.expiresMs);
  const isAsked = ({ family }: ScannedTrash): boolean => !isFamilyQuota(rules) && (rules.family ?? family) === family;
  const isOver = (trash: ScannedTrash): boolean => trash.isExpired || (isPurging(rules) && isAsked(trash));
  const [over, kept] = [ordered.filter(isOver), ordered.filter((trash) => !isOver(trash))];
  const item = (trash: ScannedTrash, rest: Pick<GcItem, 'bytes' | 'action' | 'reason' | 'why'>): GcItem => ({
    kind: 'trash',
    what: trash.label,
    path: relative(trash.path),
    expiresMs: trash.expiresMs,
    ownBytes: trash.ownBytes,
    ...rest,
  });
  const remaining = (trash: ScannedTrash): string => formatDuration(Math.max(0, trash.expiresMs - rules.nowMs));
  return {
    kept,
    items: [
      ...over.map((trash) => {
        const why = trash.isExpired ? 'its time in the trash is over' : `${remaining(trash)} before its time in the trash is over`;
        return item(trash, {
          bytes: left.remove(trash),
          action: 'remove',
          reason: trash.isExpired ? 'expired' : rules.purge ? 'asked' : 'free',
          why,
        });
      }),
      ...kept.map((trash) =>
        item(trash, {
          bytes: left.aloneIn(trash),
          action: 'keep',
          reason: 'in_trash',
          why: `purged in ${remaining(trash)}, or now with --purge`,
        }),
      ),
    ],
  };
}
