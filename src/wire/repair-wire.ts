import type { repairResult } from '../documents/repair.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { RepairedFile, RepairReport } from '../domain/repair.ts';
import type { Wire } from './wire.ts';

export const repairWire = (report: RepairReport): Wire<typeof repairResult> => ({
  ref: formatRef(report.ref),
  ok: true,
  variant: report.variant,
  path: report.path,
  dry_run: report.isDryRun,
  good: report.ok,
  file_count: report.fileCount,
  bytes_read: report.bytesRead,
  fetched_bytes: report.fetchedBytes,
  duration_ms: report.durationMs,
  files: report.files.map(fileWire),
  links: report.links,
  extra_files: report.extraFiles,
});

const fileWire = (file: RepairedFile): Wire<typeof repairResult>['files'][number] => ({
  path: file.path,
  size_bytes: file.sizeBytes,
  fault: file.fault,
  way: file.way,
  fetched_bytes: file.fetchedBytes,
  ...(file.pieceCount !== undefined && { piece_count: file.pieceCount }),
  ...(file.badPieces !== undefined && { bad_pieces: file.badPieces }),
  quarantined: file.quarantined,
});
