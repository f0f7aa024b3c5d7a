import type { EmbeddingEntry } from '../../pipeline/embedding-cache/embedding.ts';
import type { EmbeddingCacheStats } from '../../pipeline/embedding-cache/embedding-cache.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { mark } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';

export const embeddingsStatusText = (screen: Screen, { directory, entryCount, totalBytes, maxBytes }: EmbeddingCacheStats): string =>
  properties(screen, [
    ['path', directory],
    ['entries', String(entryCount)],
    [
      'size',
      maxBytes === 0
        ? `${formatBytes(totalBytes)}; nothing more is kept`
        : `${formatBytes(totalBytes)} of at most ${formatBytes(maxBytes)}`,
    ],
  ]);

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'PROMPT' },
  { title: 'ENCODER' },
  { title: 'TOKENS', align: 'right' },
  { title: 'DTYPE' },
  { title: 'SHAPE' },
  { title: 'SIZE', align: 'right' },
  { title: 'USED', align: 'right' },
];

/** Digits of a digest that tell it from others. */
const DIGITS = 12;

/** @param nowMs wall clock, for when each was used */
export function embeddingsListText(screen: Screen, entries: readonly EmbeddingEntry[], nowMs: number): string {
  if (entries.length === 0) return 'no text embedding is kept';
  const rows = entries.map(({ id, promptSha256, encoder, maxLength, dtype, shape, sizeBytes, lastUsed }) => [
    id.slice(0, DIGITS),
    promptSha256.slice(0, DIGITS),
    encoder.slice(0, DIGITS),
    String(maxLength),
    dtype,
    shape.join(' x '),
    formatBytes(sizeBytes),
    `${formatDuration(Math.max(0, nowMs - Date.parse(lastUsed)))} ago`,
  ]);
  return table(screen, COLUMNS, rows);
}

export const embeddingsClearText = (screen: Screen, removed: number, reclaimedBytes: number): string =>
  removed === 0
    ? `${mark(screen, 'none')} no text embedding was kept`
    : `${mark(screen, 'good')} removed ${removed} ${removed === 1 ? 'text embedding' : 'text embeddings'}: ${formatBytes(reclaimedBytes)} freed`;
