/** A derived model for tests: F32 shards with an index, made anew from a seed, and the keys of its bf16 and fp16 variants. */
import { safetensorsHeader, type TensorPlan } from '../../src/formats/safetensors-writer.ts';
import type { FixtureFile, FixtureModel } from './model-fixture.ts';

export interface TinyWeightsOptions {
  readonly shards?: number;
  /** Of each shard's largest tensor. */
  readonly elements?: number;
  readonly seed?: number;
}

export const INDEX = 'dit/model.safetensors.index.json';
export const shardPath = (part: number, shards: number): string => `dit/model-${digits(part)}-of-${digits(shards)}.safetensors`;
const digits = (part: number): string => String(part).padStart(5, '0');

/** One component of weights, one of a pickle that no derivation touches, and a file of neither. */
export function derivedModel({ shards = 3, elements = 5000, seed = 1 }: TinyWeightsOptions = {}): FixtureModel {
  const files: Record<string, FixtureFile> = {};
  const map: [string, string][] = [];
  let totalSize = 0;
  for (let part = 1; part <= shards; part++) {
    const { bytes, names, dataBytes } = shard(part, { elements, seed });
    const path = shardPath(part, shards);
    files[path] = { content: bytes, keys: { component: 'dit', shard_part: part } };
    map.push(...names.map((name): [string, string] => [name, path.slice('dit/'.length)]));
    totalSize += dataBytes;
  }
  const index = JSON.stringify({ metadata: { total_size: totalSize }, weight_map: Object.fromEntries(map) }, null, 2);
  return {
    files: {
      'model_index.json': '{"_class_name": "WanPipeline"}\n',
      [INDEX]: { content: `${index}\n`, keys: { component: 'dit', shard_index: true } },
      ...files,
      't5.pth': { content: `a pickle of seed ${seed}`, keys: { component: 'text_encoder' } },
    },
    keys: {
      variants: ['fp32', 'bf16', 'fp16'],
      default_variant: 'fp32',
      variant: {
        bf16: { derive_from: 'fp32', dtype: 'bf16', derive_components: ['dit'] },
        fp16: { derive_from: 'fp32', dtype: 'fp16', derive_components: ['dit'] },
      },
    },
  };
}

function shard(
  part: number,
  { elements, seed }: { elements: number; seed: number },
): { bytes: Buffer; names: string[]; dataBytes: number } {
  const shapes: [string, number][] = [
    [`blocks.${part}.ffn.weight`, elements],
    [`blocks.${part}.ffn.bias`, 33],
    [`blocks.${part}.scale`, 1],
  ];
  const tensors = shapes.map(([name, count]): TensorPlan => ({ name, dtype: 'F32', shape: [count] }));
  const data = shapes.map(([, count], index) => floats(count, seed * 1000 + part * 10 + index));
  return {
    bytes: Buffer.concat([safetensorsHeader(tensors, { format: 'pt' }), ...data]),
    names: shapes.map(([name]) => name),
    dataBytes: data.reduce((sum, bytes) => sum + bytes.length, 0),
  };
}

/** Small numbers over many magnitudes. */
function floats(count: number, seed: number): Buffer {
  let state = seed;
  const values = Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 2 ** -(state % 23);
  });
  return Buffer.from(values.buffer);
}
