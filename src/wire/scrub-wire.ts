import type { scrubData } from '../documents/scrub.ts';
import type { ScrubReport } from '../domain/scrub.ts';
import { formatSubset } from '../domain/subset.ts';
import type { Wire } from './wire.ts';

export const scrubWire = (report: ScrubReport): Wire<typeof scrubData> => ({
  resumed: report.isResumed,
  ...(report.subset && { subset: formatSubset(report.subset) }),
  blob_count: report.blobCount,
  right_count: report.rightCount,
  skipped_count: report.skippedCount,
  left_count: report.leftCount,
  corrupt: report.corrupt.map(({ digest, sizeBytes, found, models }) => ({ digest, size_bytes: sizeBytes, found, models })),
  bytes_read: report.bytesRead,
  ...(report.oldestProofAt !== undefined && { oldest_proof_at: report.oldestProofAt }),
  duration_ms: report.durationMs,
});
