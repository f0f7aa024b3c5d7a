import type { statusData, statusResult } from '../documents/models.ts';
import { formatRef } from '../domain/model-ref.ts';
import { ModelState, type ModelStatus } from '../domain/status.ts';
import { holderWire } from './lock-wire.ts';
import { noteWire } from './smoke-wire.ts';
import { resultsWire, type Tried, valuesOf } from './tried.ts';
import type { Wire } from './wire.ts';

export const statusDataWire = (tried: readonly Tried<ModelStatus>[]): Wire<typeof statusData> => ({
  complete: isAllComplete(tried),
  bytes_needed: valuesOf(tried).reduce((sum, { bytesNeeded }) => sum + bytesNeeded, 0),
  results: resultsWire(tried, statusWire),
});

export const isAllComplete = (tried: readonly Tried<ModelStatus>[]): boolean =>
  valuesOf(tried).filter(({ state }) => state === ModelState.COMPLETE).length === tried.length;

export const statusWire = (status: ModelStatus): Wire<typeof statusResult> => ({
  ref: formatRef(status.ref),
  ok: true,
  variant: status.variant,
  state: status.state,
  path: status.path,
  file_count: status.fileCount,
  total_bytes: status.totalBytes,
  missing_files: status.missingFiles,
  faulty_files: status.faultyFiles.map(({ path, fault, sizeBytes }) => ({ path, fault, size_bytes: sizeBytes })),
  bytes_needed: status.bytesNeeded,
  bytes_held: status.bytesHeld,
  ...(status.tier !== undefined && { tier: status.tier }),
  ...(status.proof !== undefined && { proof: status.proof }),
  proofs: status.proofs,
  ...(status.verifiedAt !== undefined && { verified_at: status.verifiedAt }),
  ...(status.holder !== undefined && { holder: holderWire(status.holder) }),
  ...(status.smoke && { smoke: noteWire(status.smoke) }),
});
