import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isModelError } from '../domain/errors.ts';
import { MAX_INDEX_BYTES, parseWeightIndex, type WeightIndexFault } from './weight-index.ts';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('a weight index', () => {
  it('names each shard once, in order, and which tensor it holds', () => {
    const index = parseWeightIndex(
      bytes({
        metadata: { total_size: 57_154_077_376 },
        weight_map: {
          'blocks.1.ffn': 'm-00002-of-00002.safetensors',
          'blocks.0.ffn': 'm-00001-of-00002.safetensors',
          head: 'm-00002-of-00002.safetensors',
        },
      }),
    );
    expect(index.shards).toEqual(['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors']);
    expect(index.weightMap.get('head')).toBe('m-00002-of-00002.safetensors');
    expect(index.totalSizeBytes).toBe(57_154_077_376);
  });

  it('needs no total size', () => {
    expect(parseWeightIndex(bytes({ weight_map: { a: 'm' } }))).toEqual({ shards: ['m'], weightMap: new Map([['a', 'm']]) });
  });

  const shard = (name: unknown) => bytes({ weight_map: { a: name } });
  const faults: readonly [string, WeightIndexFault, Uint8Array][] = [
    ['is not JSON', 'index_not_json', bytes('<html>')],
    ['is a list', 'index_not_json', bytes([])],
    ['has no weight_map', 'index_no_weight_map', bytes({ metadata: {} })],
    ['has a list for a weight_map', 'index_no_weight_map', bytes({ weight_map: ['a'] })],
    ['names no shard at all', 'index_no_weight_map', bytes({ weight_map: {} })],
    ['names two shards for one tensor', 'index_duplicate_key', bytes('{"weight_map":{"a":"m-1","a":"m-2"}}')],
    ['names a shard by number', 'shard_invalid', shard(4)],
    ['names an absolute shard', 'shard_invalid', shard('/etc/passwd')],
    ['names a shard on a drive', 'shard_invalid', shard('C:/weights')],
    ['names a shard on a share', 'shard_invalid', shard('\\\\host\\weights')],
    ['names a shard outside its folder', 'shard_invalid', shard('../other/model.safetensors')],
    ['names an empty shard', 'shard_invalid', shard('')],
    ['names a shard with a NUL', 'shard_invalid', shard('a\0b')],
    ['names a shard in its folder by a detour', 'shard_invalid', shard('./m.safetensors')],
    ['names shards that differ only in case', 'shard_collision', bytes({ weight_map: { a: 'M.safetensors', b: 'm.safetensors' } })],
  ];
  it.each(faults)('is refused when it %s', (_, reason, input) => {
    expect(() => parseWeightIndex(input)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', reason }));
  });

  it('is refused before it is parsed when it is far too large', () => {
    expect(() => parseWeightIndex(new Uint8Array(MAX_INDEX_BYTES + 1))).toThrow(expect.objectContaining({ reason: 'index_too_large' }));
  });

  it('never fails with anything but a ModelError, whatever the bytes', () => {
    const inputs = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.jsonValue().map(bytes),
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue())).map((map) => bytes({ weight_map: map })),
    );
    fc.assert(
      fc.property(inputs, (input) => {
        try {
          parseWeightIndex(input);
        } catch (error) {
          if (!isModelError(error, 'FORMAT_INVALID')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
