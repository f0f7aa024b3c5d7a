/** Overlays on the command line: one flag of every verb, and documents as their schemas say. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../src/formats/safetensors-writer.ts';
import { documentOf } from '../support/document.ts';
import { digestOf, MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const VIEW = `${MODEL}@+fast`;

async function weights(name: string, ...shape: number[]): Promise<Buffer> {
  const bytes = new Uint8Array(shape.reduce((product, length) => product * length, 4));
  return Buffer.concat(await Array.fromAsync(writeSafetensors({ tensors: [{ name, dtype: 'F32', shape }], bytesOf: () => [bytes] })));
}

async function world(): Promise<ModelWorld> {
  const lora = await weights('lora_A', 2, 8);
  const file = { path: 'loras/fast.safetensors', size: lora.length, sha256: digestOf(lora), applies_to: 'transformer' };
  const overlays = { fast: { files: [file], defaults: { steps: 4 }, sources: { priority: ['local://overlays'] } } };
  const files = { 'transformer/w.safetensors': { content: await weights('w', 8, 8), keys: { component: 'transformer' } } };
  const made = await modelFixture({ files, keys: { overlays, defaults: { steps: 40 } } });
  await mkdir(join(made.directory, 'overlays/loras'), { recursive: true });
  await writeFile(join(made.directory, 'overlays', file.path), lora);
  return made;
}

describe('--overlay', () => {
  it('is understood by every verb, in documents that are as published', async () => {
    const made = await world();
    for (const verb of ['plan', 'ensure', 'status', 'verify', 'sources']) {
      const { code, stdout } = await made.cli(['models', verb, MODEL, '--overlay', 'fast', '--json']);
      expect(code, stdout).toBe(0);
      expect(documentOf<{ results: { ref: string; asked?: string }[] }>(stdout).data.results).toMatchObject([{ ref: VIEW, asked: MODEL }]);
    }
    expect((await made.cli(['models', 'path', MODEL, '--overlay', 'fast'])).stdout).toBe(`${made.modelDir(VIEW)}\n`);
    const shown = documentOf((await made.cli(['models', 'show', VIEW, '--tensors', '--json'])).stdout);
    expect(shown.data).toMatchObject({
      applied_overlays: ['fast'],
      defaults: { steps: 4 },
      components: [
        { component: 'transformer', parameter_count: 64, parameters_by_dtype: { F32: 64 } },
        { overlay: 'fast', parameter_count: 16 },
        {},
      ],
      weights: [
        { tensors: [{ name: 'w', dtype: 'F32', shape: [8, 8] }] },
        { path: 'loras/fast.safetensors', tensors: [{ shape: [2, 8] }] },
      ],
    });
    const listed = documentOf((await made.cli(['models', 'list', '--json'])).stdout);
    expect(listed.data).toMatchObject({ models: [{ model_id: MODEL, proof: 'manifest-sha256', overlays: ['fast'] }] });
    expect((await made.cli(['models', 'rm', VIEW])).code).toBe(0);
  });

  it('is completed, and what it is not is refused', async () => {
    const made = await world();
    const words = async (...line: string[]): Promise<string[]> =>
      (await made.cli(['__complete', ...line])).stdout.split('\n').map((row) => row.split('\t')[0] ?? '');
    expect(await words('models', 'ensure', MODEL, '--overlay', '')).toContain('fast');
    expect(await words('models', 'ensure', `${MODEL}@`)).toContain(VIEW);
    const wrong = await made.cli(['models', 'ensure', MODEL, '--overlay', 'fist', '--json']);
    expect(wrong.code).toBe(3);
    expect(documentOf(wrong.stdout).error).toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      reason: 'overlay_not_found',
      hint: 'did you mean fast?',
    });
  });

  it('shows in text what there is, what is in force, and what the weights say', async () => {
    const made = await world();
    expect((await made.cli(['models', 'list'])).stdout).toMatch(/OVERLAYS.*\n.*fast/);
    expect((await made.cli(['models', 'show', MODEL])).stdout).toMatch(/weights not here/);
    await made.cli(['models', 'ensure', VIEW]);
    const { stdout } = await made.cli(['models', 'show', VIEW]);
    expect(stdout).toMatch(/\+fast +\d+ .* 16 +1 +F32/);
    expect(stdout).toMatch(/fast +transformer x 1 +steps = 4 +in force/);
    expect(await readFile(join(made.modelDir(VIEW), 'overlays.json'), 'utf8')).toContain('"applies_to": "transformer"');
  });
});
