import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileSpec } from '../domain/spec.ts';
import { isIndex, unreferencedShards } from './narrow-shards.ts';

const file = (path: string, more: Partial<FileSpec> = {}): FileSpec => ({
  path,
  sizeBytes: 1,
  proof: 'size-only',
  optional: false,
  shardIndex: false,
  ...more,
});

const shardName = (stem: string, part: number, count: number): string =>
  `${stem}-${String(part).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`;
const seriesOf = (stem: string, count: number): string[] => Array.from({ length: count }, (_, at) => shardName(stem, at + 1, count));
const indexOf = (shards: readonly string[]): string =>
  JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, at) => [`tensor.${at}`, shard])) });

/** `indexes`: path -> its text. */
function leftOut(files: readonly FileSpec[], indexes: Readonly<Record<string, string>>): string[] {
  return [...unreferencedShards({ files, listed: files }, ({ path }) => Buffer.from(indexes[path] ?? 'not an index'))].sort();
}

describe('the shards that an index leaves out', () => {
  it('are those of its own series: another one in the same folder needs no index', () => {
    const files = ['m.safetensors.index.json', ...seriesOf('m', 2), shardName('m', 1, 1), ...seriesOf('ema', 2), 'config.json'];
    const indexes = { 'm.safetensors.index.json': indexOf(seriesOf('m', 2)) };
    expect(
      leftOut(
        files.map((path) => file(path)),
        indexes,
      ),
    ).toEqual([shardName('m', 1, 1)]);
  });

  it('are told of each folder by its own index', () => {
    const folders = ['transformer', 'transformer_2'];
    const files = folders.flatMap((folder) =>
      ['m.safetensors.index.json', ...seriesOf('m', 3), shardName('m', 1, 1)].map((name) => file(`${folder}/${name}`)),
    );
    const indexes = Object.fromEntries(folders.map((folder) => [`${folder}/m.safetensors.index.json`, indexOf(seriesOf('m', 3))]));
    expect(leftOut(files, indexes)).toEqual(folders.map((folder) => `${folder}/${shardName('m', 1, 1)}`));
  });

  it('may be of a number format that has its own index beside', () => {
    const files = [
      'm.safetensors.index.json',
      'm.safetensors.index.fp16.json',
      ...seriesOf('m', 2),
      ...seriesOf('m.fp16', 1),
      shardName('m.fp16', 2, 3),
    ];
    const indexes = {
      'm.safetensors.index.json': indexOf(seriesOf('m', 2)),
      'm.safetensors.index.fp16.json': indexOf(seriesOf('m.fp16', 1)),
    };
    expect(
      leftOut(
        files.map((path) => file(path)),
        indexes,
      ),
    ).toEqual([shardName('m.fp16', 2, 3)]);
  });

  it('go by what the manifest says where names say nothing', () => {
    const parts = [1, 2, 3].map((part) => file(`part${part}.bin`, { shardPart: part }));
    const files = [file('weights.json', { shardIndex: true }), ...parts, file('other1.bin')];
    expect(leftOut(files, { 'weights.json': indexOf(['part1.bin', 'part3.bin']) })).toEqual(['part2.bin']);
  });

  it.each([
    ['names no shard', '{"weight_map":{}}', 'index_no_weight_map'],
    ['names one that is not listed', indexOf(['m-00009-of-00009.safetensors']), 'shard_not_listed'],
    ['names one outside its folder', indexOf(['../m-00001-of-00002.safetensors']), 'shard_invalid'],
    ['names an absolute one', indexOf(['/m-00001-of-00002.safetensors']), 'shard_invalid'],
    ['names two for a tensor', '{"weight_map":{"a":"m-00001-of-00002.safetensors","a":"x"}}', 'index_duplicate_key'],
  ])('are none where the index %s: it is refused', (_, text, reason) => {
    const files = ['a/m.safetensors.index.json', ...seriesOf('a/m', 2)].map((path) => file(path));
    expect(() => leftOut(files, { 'a/m.safetensors.index.json': text })).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID', reason, message: expect.stringMatching(/a\/m/) }),
    );
  });

  it('are never a file that an index names, nor one of a series without an index, whatever lies together', () => {
    const stem = fc.constantFrom('m', 'n', 'n.fp16', 'a/m', 'a/b/m', 'a/n');
    const series = fc.record({ stem, count: fc.integer({ min: 1, max: 4 }), strays: fc.nat(2), indexed: fc.boolean(), extra: fc.nat(3) });
    fc.assert(
      fc.property(fc.uniqueArray(series, { selector: (one) => one.stem }), (all) => {
        const indexes: Record<string, string> = {};
        const [files, expected]: [FileSpec[], string[]] = [[], []];
        for (const { stem, count, strays, indexed, extra } of all) {
          const shards = seriesOf(stem, count);
          const stray = Array.from({ length: strays }, (_, at) => shardName(stem, at + 1, 90));
          files.push(...[...shards, ...stray, `${stem}.${extra}.json`].map((path) => file(path)));
          if (!indexed) continue;
          const index = `${stem}.safetensors.index.json`;
          files.push(file(index));
          indexes[index] = indexOf(shards.map((path) => path.slice(path.lastIndexOf('/') + 1)));
          expected.push(...stray);
        }
        expect(files.filter(isIndex)).toHaveLength(Object.keys(indexes).length);
        expect(leftOut(files, indexes)).toEqual(expected.sort());
      }),
    );
  });
});
