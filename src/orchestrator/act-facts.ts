/** What each act tells the audit log: its numbers and names, or nothing where it changed nothing. Pure. */
import type { Facts } from '../domain/acts.ts';
import type { BundleApplied, BundleCreated } from '../domain/bundle-results.ts';
import type { ExportReport } from '../domain/export-results.ts';
import type { PinReport, UnpinResult } from '../domain/holds.ts';
import type { ImportReport } from '../domain/import-results.ts';
import type { AddReport, DropReport, LockReport } from '../domain/lock-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import { hasWork, type RebuildReport } from '../domain/rebuild.ts';
import type { RegistryEntry } from '../domain/registry-entry.ts';
import type { RegistryImport } from '../domain/registry-import.ts';
import type { RepairReport } from '../domain/repair.ts';
import type { EnsureResult } from '../domain/results.ts';
import type { NewTierId, TierMove } from '../domain/tiers.ts';
import type { Upload, UploadRecord } from '../domain/uploads.ts';
import type { RemoveOptions, RemoveResult } from './api.ts';
import type { Unregistered } from './entries/unregister-model.ts';

type FactsOf<R> = (result: R) => Facts | undefined;

export const ofRemoval =
  ({ force = false }: RemoveOptions): FactsOf<RemoveResult> =>
  ({ label, removed, reclaimedBytes, sharedBytes }) =>
    removed || reclaimedBytes > 0
      ? { model: label, removed, forced: force, reclaimed_bytes: reclaimedBytes, shared_bytes: sharedBytes }
      : undefined;

export const ofPin: FactsOf<PinReport> = ({ label, pin }) => ({
  model: label,
  ...(pin?.until !== undefined && { until: pin.until }),
  ...(pin?.reason !== undefined && { reason: pin.reason }),
});

export const ofUnpin: FactsOf<UnpinResult> = ({ label, unpinned }) => (unpinned ? { model: label } : undefined);

export const ofRepair: FactsOf<RepairReport> = ({ files, links, fetchedBytes }) =>
  files.length + links.length > 0
    ? {
        files: files.length,
        relinked: links.length,
        fetched_bytes: fetchedBytes,
        quarantined: files.flatMap((file) => file.quarantined).length,
      }
    : undefined;

export const ofRebuild: FactsOf<RebuildReport> = (report) =>
  hasWork(report)
    ? {
        read_blobs: report.readCount,
        bad_blobs: report.badBlobs.length,
        adopted_blobs: report.adoptedCount,
        relinked: report.links.length,
        snapshots: report.snapshots.length,
        store_record_made: report.storeRecordMade,
      }
    : undefined;

export const ofTierMove: FactsOf<TierMove> = ({ ref, to, done, writtenBytes, reclaimedBytes }) =>
  done ? { model: formatRef(ref), to, written_bytes: writtenBytes, reclaimed_bytes: reclaimedBytes } : undefined;

export const ofNewTierId: FactsOf<NewTierId> = ({ storeId, before, counted, missing }) => ({
  store_id: storeId,
  before,
  counted: counted.length,
  missing: missing.length,
});

export const ofLock: FactsOf<LockReport> = ({ lockfilePath, written, parts }) =>
  written ? { lockfile: lockfilePath, changed: parts.flatMap(({ id, action }) => (action === 'kept' ? [] : [id])).join(', ') } : undefined;

export const ofAdd: FactsOf<AddReport> = ({ id, source, manifestPath, fileCount, totalBytes }) => ({
  model: id,
  source,
  manifest: manifestPath,
  files: fileCount,
  bytes: totalBytes,
});

export const ofDrop: FactsOf<DropReport> = ({ manifestPath, models }) => ({
  models: models.map(({ id }) => id).join(', '),
  manifest: manifestPath,
});

export const ofImport: FactsOf<ImportReport> = ({ from, path, adopted, models }) => {
  const published = models.filter(({ state }) => state === 'published').map(({ ref }) => formatRef(ref));
  if (adopted.length + published.length === 0) return undefined;
  const bytes = adopted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { from, path, adopted_files: adopted.length, adopted_bytes: bytes, published: published.join(', ') };
};

export const ofExport: FactsOf<ExportReport> = ({ ref, path, layout, written, totalBytes }) =>
  written ? { model: formatRef(ref), path, layout, bytes: totalBytes } : undefined;

export const ofBundleCreated: FactsOf<BundleCreated> = ({ path, checksum, written, sizeBytes, models }) =>
  written ? { path, checksum, bytes: sizeBytes, models: models.map(({ ref }) => ref).join(', ') } : undefined;

export const ofBundleApplied: FactsOf<BundleApplied> = ({ path, checksum, adoptedBytes, applied, manifest, registry }) => ({
  path,
  checksum,
  adopted_bytes: adoptedBytes,
  models: applied.map(({ ref }) => formatRef(ref)).join(', '),
  ...(manifest && { manifest: manifest.path }),
  ...(registry && { registry_file: registry.path, registered: registry.added.join(', ') }),
});

export const ofEntry: FactsOf<RegistryEntry> = ({ modelId, isCustom, revision }) => ({ model: modelId, custom: isCustom, revision });

export const ofUnregistration =
  ({ force = false }: RemoveOptions): FactsOf<Unregistered> =>
  ({ label, removed, reclaimedBytes }) => ({ model: label, removed, forced: force, reclaimed_bytes: reclaimedBytes });

export const ofUpload: FactsOf<Upload> = ({ id, modelId, files }) => ({
  upload: id,
  model: modelId,
  files: files.length,
  bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

export const ofCompletion =
  (id: string): FactsOf<EnsureResult> =>
  ({ ref, files, totalBytes }) => ({ upload: id, model: formatRef(ref), files: files.length, bytes: totalBytes });

export const ofAbandoned: FactsOf<UploadRecord> = ({ id, model_id: modelId }) => ({ upload: id, model: modelId });

export const ofRegistryImport: FactsOf<RegistryImport> = ({ source, registryFile, entries }) => ({
  source,
  registry_file: registryFile,
  models: entries.filter(({ outcome }) => outcome !== 'kept').length,
});
