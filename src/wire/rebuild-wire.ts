import type { rebuildData } from '../documents/rebuild.ts';
import type { RebuildReport } from '../domain/rebuild.ts';
import type { Wire } from './wire.ts';

export const rebuildWire = (report: RebuildReport): Wire<typeof rebuildData> => ({
  dry_run: report.isDryRun,
  good: report.ok,
  store_record_made: report.storeRecordMade,
  blob_count: report.blobCount,
  proven_count: report.provenCount,
  read_count: report.readCount,
  bad_blobs: report.badBlobs,
  adopted_count: report.adoptedCount,
  links: report.links,
  derivation_count: report.derivationCount,
  snapshot_count: report.snapshotCount,
  snapshots: report.snapshots.map(({ path, ref, state, fileCount, badFiles, missingFiles }) => ({
    path,
    ...(ref !== undefined && { ref }),
    state,
    file_count: fileCount,
    bad_files: badFiles,
    missing_files: missingFiles,
  })),
  bytes_read: report.bytesRead,
  duration_ms: report.durationMs,
});
