import type { gcData } from '../documents/gc.ts';
import type { GcItem, GcPlan, GcReport } from '../domain/gc.ts';
import type { Wire } from './wire.ts';

/** Of a plan, and of what came of it. */
export const gcWire = (plan: GcPlan | GcReport): Wire<typeof gcData> => ({
  dry_run: !('reclaimedBytes' in plan),
  reclaimed_bytes: 'reclaimedBytes' in plan ? plan.reclaimedBytes : 0,
  remove_bytes: plan.removeBytes,
  trash_bytes: plan.trashBytes,
  keep_bytes: plan.keepBytes,
  items: plan.items.map(itemWire),
  targets: plan.targets.map(({ kind, wantedBytes, reachedBytes, shortBytes }) => ({
    kind,
    wanted_bytes: wantedBytes,
    reached_bytes: reachedBytes,
    short_bytes: shortBytes,
  })),
  in_use: { looked: plan.inUse.looked, hidden_processes: plan.inUse.hiddenProcesses },
});

const itemWire = ({ kind, what, path, bytes, action, reason, why, expiresMs, model }: GcItem): Wire<typeof gcData>['items'][number] => ({
  kind,
  what,
  path,
  bytes,
  action,
  reason,
  why,
  ...(expiresMs !== undefined && { expires_at: new Date(expiresMs).toISOString() }),
  ...(model !== undefined && {
    model: {
      family: model.family,
      in_manifest: model.inManifest,
      total_bytes: model.totalBytes,
      last_used_at: new Date(model.lastUsedMs).toISOString(),
    },
  }),
});
