import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPlain, referenceCast } from '../../test/support/reference-cast.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { DerivedDtype } from '../domain/derived.ts';
import type { ModelError } from '../domain/errors.ts';
import { type CastPlan, planCast } from '../formats/plan-cast.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { safetensorsHeader, type TensorPlan } from '../formats/safetensors-writer.ts';
import { CastThreads } from './cast-threads.ts';

const MIB = 1024 * 1024;

interface Case {
  readonly inputPath: string;
  readonly outputPath: string;
  readonly input: Buffer;
  readonly outputFd: number;
  readonly plan: CastPlan;
}

/** Finite floats of every size, spread evenly over their bits. */
function weights(count: number, within: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state / 2 ** 32) * 2 - 1) * within * 2 ** -(state % 40);
  });
}

async function caseOf(parts: readonly (readonly [TensorPlan, Uint8Array])[], dtype: DerivedDtype = 'bf16'): Promise<Case> {
  const directory = await tempDir();
  const [inputPath, outputPath] = [join(directory, 'in'), join(directory, 'out')];
  const input = Buffer.concat([safetensorsHeader(parts.map(([tensor]) => tensor)), ...parts.map(([, bytes]) => bytes)]);
  writeFileSync(inputPath, input);
  const header = await readSafetensorsHeader(async (offset, length) => input.subarray(offset, offset + length), input.length);
  const outputFd = openSync(outputPath, 'w');
  onTestFinished(() => closeSync(outputFd));
  return { inputPath, outputPath, input, outputFd, plan: planCast(header, { dtype, note: { made: 'for a test' } }) };
}

const tensorOf = (name: string, values: Float32Array): readonly [TensorPlan, Uint8Array] => [
  { name, dtype: 'F32', shape: [values.length] },
  new Uint8Array(values.buffer),
];

function cast(
  made: Case,
  options: { threadsPayBytes?: number; signal?: AbortSignal; onWritten?: (delta: number) => void } = {},
): Promise<string> {
  const { signal = new AbortController().signal, onWritten = () => undefined, ...rest } = options;
  const threads = new CastThreads(rest);
  onTestFinished(() => threads.close());
  return threads.cast({ ...made, name: 'model.safetensors', signal, onWritten });
}

describe('a file that is cast', () => {
  it.each([
    ['on this thread', Number.POSITIVE_INFINITY],
    ['on a thread of its own', 0],
  ])('%s holds what the reference says, and the digest is that of its bytes', async (_, threadsPayBytes) => {
    const ids: readonly [TensorPlan, Uint8Array] = [{ name: 'ids', dtype: 'I32', shape: [3] }, Buffer.from('abcdefghijkl')];
    const made = await caseOf([
      tensorOf('large', weights(MIB, 100)),
      tensorOf('odd', weights(1001, 1)),
      ids,
      tensorOf('none', weights(0, 1)),
    ]);
    let told = 0;
    const sha256 = await cast(made, { threadsPayBytes, onWritten: (delta) => (told += delta) });
    const output = readFileSync(made.outputPath);
    expect(createHash('sha256').update(output).digest('hex')).toBe(sha256);
    expect([output.length, told]).toEqual([made.plan.sizeBytes, made.plan.sizeBytes]);
    const expected = referenceCast(made.input, 'BF16');
    const { tensors, metadata } = readPlain(output);
    expect(metadata).toEqual({ made: 'for a test' });
    expect([...tensors.keys()]).toEqual(['ids', 'large', 'odd', 'none']);
    for (const [name, { dtype, shape, bytes }] of expected) {
      expect(tensors.get(name)).toMatchObject({ dtype, shape });
      expect(tensors.get(name)?.bytes.equals(bytes), name).toBe(true);
    }
  });

  it('and overflows fp16 is refused, with file, tensor, place and value', async () => {
    const count = MIB;
    const values = weights(count, 1);
    values[count - 7] = 70_000;
    const made = await caseOf([tensorOf('blocks.0.norm', weights(8, 1)), tensorOf('blocks.1.ffn', values)], 'fp16');
    const error = await cast(made).then(
      () => undefined,
      (thrown: ModelError) => thrown,
    );
    expect(error).toMatchObject({
      code: 'FORMAT_INVALID',
      reason: 'float_overflow',
      details: { file: 'model.safetensors', tensor: 'blocks.1.ffn', index: count - 7, value: 70_000 },
    });
    expect(error?.message).toContain(`element ${count - 7} of tensor "blocks.1.ffn" is 70000`);
  });

  it('stops when it is told to', async () => {
    const made = await caseOf([tensorOf('large', weights(4 * MIB, 1))]);
    const controller = new AbortController();
    const casting = cast(made, { threadsPayBytes: 0, signal: controller.signal });
    controller.abort();
    await expect(casting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readFileSync(made.outputPath).length).toBeLessThan(made.plan.sizeBytes);
  });

  it('on a thread that ended while it had nothing to do is cast on another one', async () => {
    const made = await caseOf([tensorOf('a', weights(10, 1))]);
    const threads = new CastThreads({ threadsPayBytes: 0 });
    onTestFinished(() => threads.close());
    const order = { ...made, name: 'model.safetensors', signal: new AbortController().signal, onWritten: () => undefined };
    const first = await threads.cast(order);
    await threads.close();
    expect(await threads.cast(order)).toBe(first);
  });

  it('whose input was cut since it was planned is a failure that says where', async () => {
    const made = await caseOf([tensorOf('large', weights(MIB, 1))]);
    writeFileSync(made.inputPath, made.input.subarray(0, 5000));
    await expect(cast(made)).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR', details: { errno: 'ENODATA' } });
  });
});
