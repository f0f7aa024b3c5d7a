import type { spaceVerdict } from '../documents/space.ts';
import { fits, type SpaceVerdict } from '../domain/space.ts';
import type { Wire } from './wire.ts';

export const spaceWire = (verdict: SpaceVerdict): Wire<typeof spaceVerdict> => ({
  fits: fits(verdict),
  write_bytes: verdict.writeBytes,
  second_copy_bytes: verdict.secondCopyBytes,
  margin_bytes: verdict.marginBytes,
  needed_bytes: verdict.neededBytes,
  free_bytes: verdict.freeBytes,
  reserved_bytes: verdict.reservedBytes,
  shortfall_bytes: verdict.shortfallBytes,
  quotas: verdict.quotas.map((quota) => ({
    scope: quota.scope,
    ...(quota.family !== undefined && { family: quota.family }),
    quota_bytes: quota.quotaBytes,
    used_bytes: quota.usedBytes,
    reserved_bytes: quota.reservedBytes,
    needed_bytes: quota.neededBytes,
    shortfall_bytes: quota.shortfallBytes,
  })),
  ...(verdict.room && {
    room: { removes: verdict.room.removes, ...(verdict.room.inTheWay !== undefined && { in_the_way: verdict.room.inTheWay }) },
  }),
  ...(verdict.reclaimable && {
    reclaimable: {
      orphan_bytes: verdict.reclaimable.orphanBytes,
      trash_bytes: verdict.reclaimable.trashBytes,
      quarantine_bytes: verdict.reclaimable.quarantineBytes,
      model_bytes: verdict.reclaimable.modelBytes,
    },
  }),
});
