/**
 * `*.safetensors.index.json`: which shard holds which tensor.
 *
 * Format: transformers and diffusers `save_pretrained`: `{ "metadata": { "total_size": bytes }, "weight_map": { tensor:
 * shard } }`, shards named relative to the index's folder. The values of `weight_map` are the authoritative shard list.
 */
import { ModelError } from '../domain/errors.ts';
import { collisionKey, pathFault } from '../domain/path-rules.ts';
import { duplicateKey } from './duplicate-key.ts';

/** The largest real one (a few thousand tensors) has under 1 MB. */
export const MAX_INDEX_BYTES = 64_000_000;

export type WeightIndexFault =
  | 'index_too_large'
  | 'index_not_json'
  | 'index_duplicate_key'
  | 'index_no_weight_map'
  | 'shard_invalid'
  | 'shard_collision';

export interface WeightIndex {
  /** At least one, each once, in name order; safe relative paths, seen from the index's folder. */
  readonly shards: readonly string[];
  /** tensor -> shard */
  readonly weightMap: ReadonlyMap<string, string>;
  /** Bytes of all tensors, headers not counted, where the index says so. */
  readonly totalSizeBytes?: number;
}

/** @throws ModelError FORMAT_INVALID, its reason a {@link WeightIndexFault}. */
export function parseWeightIndex(bytes: Uint8Array): WeightIndex {
  const { weight_map: map, metadata } = parseObject(bytes);
  if (!isRecord(map)) return invalid('index_no_weight_map', 'it has no weight_map');
  if (Object.keys(map).length === 0) return invalid('index_no_weight_map', 'its weight_map is empty: it names no shard');
  const weightMap = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) weightMap.set(tensor, checkedShard(tensor, shard));
  const shards = [...new Set(weightMap.values())].sort();
  checkCollisions(shards);
  const total = isRecord(metadata) ? metadata.total_size : undefined;
  return { shards, weightMap, ...(Number.isSafeInteger(total) && { totalSizeBytes: total as number }) };
}

/** To be asked before the file is read. @throws ModelError FORMAT_INVALID */
export function refuseLargeIndex(sizeBytes: number): void {
  if (sizeBytes > MAX_INDEX_BYTES) invalid('index_too_large', `it has ${sizeBytes} bytes; at most ${MAX_INDEX_BYTES} are read`);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  refuseLargeIndex(bytes.byteLength);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    return invalid('index_not_json', `it is not JSON: ${(error as Error).message}`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) return invalid('index_duplicate_key', `${JSON.stringify(twice).slice(0, 80)} stands in it twice`);
  return isRecord(value) ? value : invalid('index_not_json', 'it is not a JSON object');
}

function checkedShard(tensor: string, shard: unknown): string {
  const where = `the shard of ${JSON.stringify(tensor).slice(0, 80)}`;
  if (typeof shard !== 'string') return invalid('shard_invalid', `${where} is not a file name`);
  const fault = pathFault(shard);
  return fault ? invalid('shard_invalid', `${where}, ${JSON.stringify(shard).slice(0, 120)}, ${fault.message}`) : shard;
}

/** Two names for what is one file on some volume. */
function checkCollisions(shards: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const shard of shards) {
    const twin = seen.get(collisionKey(shard));
    if (twin !== undefined) invalid('shard_collision', `${JSON.stringify(twin)} and ${JSON.stringify(shard)} differ only in case`);
    seen.set(collisionKey(shard), shard);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function invalid(reason: WeightIndexFault, problem: string): never {
  throw new ModelError('FORMAT_INVALID', `not a valid weight index: ${problem}`, { reason });
}
