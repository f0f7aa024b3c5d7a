import { describe, expect, it } from 'vitest';
import type { DerivedDtype } from '../domain/derived.ts';
import { planCast } from './plan-cast.ts';
import { readSafetensorsHeader, type SafetensorsHeader } from './safetensors.ts';
import { safetensorsHeader, type TensorPlan } from './safetensors-writer.ts';

const F32 = (name: string, ...shape: number[]): TensorPlan => ({ name, dtype: 'F32', shape });

async function headerOf(bytes: Uint8Array, dataBytes: number): Promise<SafetensorsHeader> {
  return readSafetensorsHeader(async (offset, length) => bytes.subarray(offset, offset + length), bytes.byteLength + dataBytes);
}

async function planned(tensors: readonly TensorPlan[], dataBytes: number, dtype: DerivedDtype = 'bf16') {
  const input = await headerOf(safetensorsHeader(tensors, { format: 'pt' }), dataBytes);
  const plan = planCast(input, { dtype, note: { made_from: 'sha256:00' } });
  return { input, plan, output: await headerOf(plan.header, plan.sizeBytes - plan.header.byteLength) };
}

describe('the plan of a cast', () => {
  it('keeps tensors, order, shapes and metadata, halves the bytes, and is a valid header', async () => {
    const { input, plan, output } = await planned([F32('b', 2, 3), F32('a', 4), F32('empty', 0, 7)], 40);
    expect(output.tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['b', 'BF16', [2, 3]],
      ['a', 'BF16', [4]],
      ['empty', 'BF16', [0, 7]],
    ]);
    expect(output.metadata).toEqual({ format: 'pt', made_from: 'sha256:00' });
    expect(plan).toMatchObject({ dataBytes: 20, sizeBytes: output.headerBytes + 20 });
    expect(plan.tensors[1]).toEqual({
      name: 'a',
      inputOffset: input.headerBytes + 24,
      inputBytes: 16,
      conversion: { from: 'F32', to: 'BF16' },
    });
  });

  it('begins the tensors at a multiple of eight, the rest filled with blanks', async () => {
    for (const name of ['a', 'aa', 'aaa', 'aaaa', 'aaaaa']) {
      const { plan } = await planned([F32(name, 1)], 4);
      expect(plan.header.byteLength % 8).toBe(0);
      expect(new TextDecoder().decode(plan.header.subarray(8)).trimEnd()).toMatch(/\}$/);
    }
  });

  it('converts only F32, F16 and BF16, and puts larger elements first, so that all are aligned', async () => {
    const mixed: TensorPlan[] = [
      { name: 'double', dtype: 'F64', shape: [1] },
      F32('odd', 3),
      { name: 'count', dtype: 'I32', shape: [2] },
      { name: 'half', dtype: 'F16', shape: [1] },
      { name: 'brain', dtype: 'BF16', shape: [1] },
      { name: 'eighth', dtype: 'F8_E4M3', shape: [3] },
      { name: 'flag', dtype: 'BOOL', shape: [1] },
    ];
    const { plan, output } = await planned(mixed, 8 + 12 + 8 + 2 + 2 + 3 + 1, 'fp16');
    expect(output.tensors.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
      'double F64',
      'count I32',
      'odd F16',
      'half F16',
      'brain F16',
      'eighth F8_E4M3',
      'flag BOOL',
    ]);
    expect(plan.tensors.flatMap(({ name, conversion }) => (conversion ? [`${name} ${conversion.from}`] : []))).toEqual([
      'odd F32',
      'brain BF16',
    ]);
    const misaligned = output.tensors.filter(({ begin, end, shape }) => begin % ((end - begin) / (shape[0] ?? 1)) !== 0);
    expect(misaligned).toEqual([]);
  });
});
