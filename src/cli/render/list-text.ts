import type { ModelSummary } from '../../domain/spec.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';
import { NO_MODELS } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'MODEL' },
  { title: 'FAMILY' },
  { title: 'TYPE' },
  { title: 'VARIANTS' },
  { title: 'FILES', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'PROOF' },
  { title: 'OVERLAYS' },
  { title: 'TIER' },
  { title: 'DESCRIPTION', flows: true },
];

export function listText(screen: Screen, models: readonly ModelSummary[]): string {
  if (models.length === 0) return NO_MODELS;
  return table(screen, COLUMNS, models.map(row));
}

const row = (model: ModelSummary): readonly string[] => [
  model.modelId,
  model.family,
  model.type ?? '',
  variantsText(model),
  String(model.fileCount),
  formatBytes(model.totalBytes),
  model.proof ?? '',
  (model.overlays ?? []).join(' '),
  model.tier ?? '',
  model.description,
];

/** The default variant with a star: `fp16* bf16`. */
export const variantsText = ({ variants, defaultVariant }: Pick<ModelSummary, 'variants' | 'defaultVariant'>): string =>
  variants.map((variant) => (variant === defaultVariant && variants.length > 1 ? `${variant}*` : variant)).join(' ');
