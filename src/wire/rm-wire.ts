import type { rmResult } from '../documents/models.ts';
import type { RemoveResult } from '../orchestrator/api.ts';
import type { Wire } from './wire.ts';

export const removedWire = ({
  label,
  path,
  removed,
  reclaimedBytes,
  sharedBytes,
  tier,
  isRegistered,
}: RemoveResult): Wire<typeof rmResult> => ({
  ref: label,
  ok: true,
  path,
  removed,
  reclaimed_bytes: reclaimedBytes,
  shared_bytes: sharedBytes,
  ...(tier !== undefined && { tier }),
  ...(isRegistered && { registered: true as const }),
});
