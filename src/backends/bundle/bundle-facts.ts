import type { BundleFacts } from '../../domain/bundle-results.ts';
import type { Bundle } from './open-bundle.ts';

export const factsOf = ({ bytes, index, indexSha256 }: Bundle): BundleFacts => ({
  path: bytes.path,
  checksum: indexSha256,
  sizeBytes: bytes.sizeBytes,
  partCount: bytes.parts.length,
  models: index.models.map(({ ref, family, files }) => ({
    ref,
    family,
    fileCount: files.length,
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  })),
  blobCount: index.blobs.length,
  blobBytes: index.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

/** The files that have these bytes, as people know them. */
export function namesOf({ index }: Bundle, sha256: string): string[] {
  return index.models.flatMap(({ ref, files }) => files.filter((file) => file.sha256 === sha256).map(({ path }) => `${ref}: ${path}`));
}
