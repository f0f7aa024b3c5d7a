import { expect, it } from 'vitest';
import { isModelError } from '../domain/errors.ts';
import { rewriteWeightIndex } from './rewrite-index.ts';

const weight_map = { b: 'm-00002-of-00002.safetensors', a: 'm-00001-of-00002.safetensors' };
const rewritten = (index: unknown) => new TextDecoder().decode(rewriteWeightIndex(Buffer.from(JSON.stringify(index)), 40));

it('a rewritten index has the new total size; shards, order and the rest of its metadata stay', () => {
  expect(rewritten({ metadata: { total_size: 80, total_parameters: 20 }, weight_map })).toBe(
    `${JSON.stringify({ metadata: { total_size: 40, total_parameters: 20 }, weight_map }, null, 2)}\n`,
  );
});

it('an index without metadata gets it', () => {
  expect(JSON.parse(rewritten({ weight_map }))).toEqual({ metadata: { total_size: 40 }, weight_map });
});

it('what is no index is refused', () => {
  expect(() => rewritten({ weight_map: { a: '../up' } })).toThrow(expect.toSatisfy((error) => isModelError(error, 'FORMAT_INVALID')));
});
