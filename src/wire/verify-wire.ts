import type { verifyResult } from '../documents/models.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { VerifiedFile, VerifyReport } from '../domain/results.ts';
import { formatSubset } from '../domain/subset.ts';
import { upstreamWire } from './proof-wire.ts';
import type { Wire } from './wire.ts';

export const verifyWire = (report: VerifyReport): Wire<typeof verifyResult> => ({
  ref: formatRef(report.ref),
  ok: report.ok,
  variant: report.variant,
  path: report.path,
  proof: report.proof,
  bytes_read: report.bytesRead,
  duration_ms: report.durationMs,
  files: report.files.map(fileWire),
  extra_files: report.extraFiles,
  format_faults: report.formatFaults,
  ...(report.subset && { subset: formatSubset(report.subset) }),
});

const fileWire = (file: VerifiedFile): Wire<typeof verifyResult>['files'][number] => ({
  path: file.path,
  size_bytes: file.sizeBytes,
  ok: file.ok,
  proof: file.proof,
  ...(file.fault !== undefined && { fault: file.fault }),
  ...upstreamWire(file),
  ...(file.expected !== undefined && { expected: file.expected }),
  ...(file.found !== undefined && { found: file.found }),
  ...(file.checkedBy !== undefined && { checked_by: file.checkedBy }),
  ...(file.isEarlier && { earlier: true as const }),
  ...(file.badPieces !== undefined && { bad_pieces: file.badPieces }),
});
