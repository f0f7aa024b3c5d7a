import type { listData } from '../documents/models.ts';
import type { ModelSpec, ModelSummary } from '../domain/spec.ts';
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
  ...(summary.proof !== undefined && { proof: summary.proof }),
  overlays: summary.overlays ?? [],
  ...(summary.tier !== undefined && { tier: summary.tier }),
});

export const totalBytesOf = ({ files }: ModelSpec): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
