import { formatRef } from '../../domain/model-ref.ts';
import type { FileSpec, ModelSpec, ModelSummary } from '../../domain/spec.ts';
import type { listData, showData } from '../documents/models.ts';
import type { Wire } from './wire.ts';

export const summaryWire = (summary: ModelSummary): Wire<typeof listData>['models'][number] => ({
  model_id: summary.modelId,
  family: summary.family,
  ...(summary.type !== undefined && { type: summary.type }),
  description: summary.description,
  variants: summary.variants,
  default_variant: summary.defaultVariant,
  file_count: summary.fileCount,
  total_bytes: summary.totalBytes,
});

/** `path`: where the model is or would be; `sources`: redacted. */
export const specWire = (spec: ModelSpec, { path, sources }: { path: string; sources: readonly string[] }): Wire<typeof showData> => ({
  ref: formatRef(spec.ref),
  variant: spec.variant,
  model_id: spec.modelId,
  name: spec.name,
  version: spec.version,
  family: spec.family,
  ...(spec.type !== undefined && { type: spec.type }),
  description: spec.description,
  path,
  variants: spec.variants,
  default_variant: spec.defaultVariant,
  file_count: spec.files.length,
  total_bytes: totalBytesOf(spec),
  sources,
  allow_patterns: spec.allowPatterns,
  required_components: spec.requiredComponents,
  optional_components: spec.optionalComponents,
  resolution_caps: spec.resolutionCaps,
  lora_required: spec.loraRequired,
  defaults: spec.defaults,
  ...(spec.license !== undefined && { license: spec.license }),
  tags: spec.tags,
  spec_digest: spec.specDigest,
  files: spec.files.map(fileWire),
});

export const totalBytesOf = ({ files }: ModelSpec): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

const fileWire = (file: FileSpec): Wire<typeof showData>['files'][number] => ({
  path: file.path,
  size_bytes: file.sizeBytes,
  ...(file.sha256 !== undefined && { sha256: file.sha256 }),
  proof: file.proof,
  optional: file.optional,
  ...(file.component !== undefined && { component: file.component }),
  ...(file.mountedFrom !== undefined && { mounted_from: file.mountedFrom }),
});
