import type { bundleData } from '../documents/bundle.ts';
import type { BundleApplied, BundleCreated, BundleFacts, BundleInspected, BundleVerified } from '../domain/bundle-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { RegistryEntry } from '../domain/registry-entry.ts';
import type { Wire } from './wire.ts';

type Document = Wire<typeof bundleData>;

const factsWire = ({ path, checksum, sizeBytes, partCount, blobCount, blobBytes, models }: BundleFacts) => ({
  path,
  checksum,
  size_bytes: sizeBytes,
  part_count: partCount,
  blob_count: blobCount,
  blob_bytes: blobBytes,
  models: models.map(({ ref, family, fileCount, totalBytes }) => ({ ref, family, file_count: fileCount, total_bytes: totalBytes })),
});

const entryWire = ({ modelId, isCustom: _, revision: __, files, createdAt, updatedAt, ...rest }: RegistryEntry) => ({
  ref: modelId,
  ...rest,
  files: files.map(({ path, sizeBytes, sha256, url }) => ({ path, size: sizeBytes, sha256, ...(url !== undefined && { url }) })),
  created_at: createdAt,
  updated_at: updatedAt,
});

export const createdWire = (created: BundleCreated): Document => ({
  action: 'create',
  ...factsWire(created),
  written: created.written,
  resumed_bytes: created.resumedBytes,
});

export const inspectedWire = (inspected: BundleInspected): Document => ({
  action: 'inspect',
  ...factsWire(inspected),
  manifest: inspected.manifest,
  ...(inspected.lockfile !== undefined && { lockfile: inspected.lockfile }),
  registry: inspected.entries.map(entryWire),
  signature_path: inspected.signaturePath,
});

export const verifiedWire = (verified: BundleVerified): Document => ({
  action: 'verify',
  ...factsWire(verified),
  verified_bytes: verified.verifiedBytes,
});

export const appliedWire = (result: BundleApplied): Document => ({
  action: 'apply',
  ...factsWire(result),
  adopted_bytes: result.adoptedBytes,
  present_bytes: result.presentBytes,
  applied: result.applied.map(({ ref, path, totalBytes }) => ({ ref: formatRef(ref), path, total_bytes: totalBytes })),
  ...(result.manifest && {
    manifest: { path: result.manifest.path, lockfile: result.manifest.lockfilePath, added: result.manifest.added },
  }),
  ...(result.registry && { registry: result.registry }),
});
