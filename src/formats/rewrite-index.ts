/** A weight index for shards that keep their names and tensors, but not their sizes. */
import { parseWeightIndex } from './weight-index.ts';

/**
 * As `save_pretrained` writes it: two blanks a level, a newline at the end.
 * @throws ModelError FORMAT_INVALID, as {@link parseWeightIndex}
 */
export function rewriteWeightIndex(bytes: Uint8Array, totalSizeBytes: number): Uint8Array {
  parseWeightIndex(bytes);
  const index = JSON.parse(new TextDecoder().decode(bytes)) as { readonly metadata?: unknown };
  const { metadata } = index;
  const kept = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {};
  return Buffer.from(`${JSON.stringify({ ...index, metadata: { ...kept, total_size: totalSizeBytes } }, null, 2)}\n`);
}
