/** examples/diffusers, as its README says: from the manifest to frames, and a second clip without the text encoder. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkInvariants } from '../../src/index.ts';
import { describeWithDiffusers, diffusersPython } from '../support/diffusers-python.ts';
import { PIPELINE_PYTHON } from '../support/pipeline-python.ts';
import { cleanEnvironment, PROJECT, WAN } from '../support/wan-command.ts';

// To import torch takes a minute where others have the machine.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const EXAMPLE = join(PROJECT, 'examples', 'diffusers');
const run = promisify(execFile);

describeWithDiffusers('the diffusers example', () => {
  let work: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'wan-example-suite-'));
    diffusersPython([join(EXAMPLE, 'make_models.py'), join(work, 'mini')]);
    env = {
      ...cleanEnvironment({ directory: work, root: join(work, 'root') }),
      WAN_MODELS_MANIFEST: join(work, 'mini', 'models.toml'),
      WAN_SAFETY_MARGIN: '0',
      WAN_PYTHON: PIPELINE_PYTHON,
      WAN_MODELS_COMMAND: `${process.execPath} ${WAN}`,
      PYTHONPATH: join(PROJECT, 'clients', 'python', 'src'),
    };
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  /** What it logs, line by line. */
  async function generate(program: string, script: string, args: readonly string[], out: string): Promise<string[]> {
    const { stderr } = await run(program, [join(EXAMPLE, script), ...args, '--frames', '5', '--out', join(work, out)], { cwd: work, env });
    expect(readdirSync(join(work, out)).length).toBe(5);
    return stderr.split('\n');
  }

  const python = (args: readonly string[], out: string) => generate(PIPELINE_PYTHON, 'generate.py', args, out);

  const memoryWithEmbedding = (log: readonly string[]): number =>
    Number(/(\d+) MiB/.exec(log.find((line) => line.endsWith('with the prompt as an embedding')) ?? '')?.[1]);

  describe('in Python', () => {
    const args = ['t2v-A14B-mini@2.2.0', '--prompt', 'a cat walks on the sea'];

    it('fetches the model, follows its load plan, and for a second clip never loads the text encoder', async () => {
      const first = await python(args, 'first');
      expect(first.filter((line) => line.startsWith('text_encoder: UMT5EncoderModel in bf16')).length).toBe(2);
      expect(first).toContain('transformer_2: WanTransformer3DModel in bf16');
      expect(first).toContain('vae: AutoencoderKLWan in fp32');
      const second = await python(args, 'second');
      expect(second.filter((line) => line.startsWith('text_encoder:'))).toEqual([]);
      expect(second.filter((line) => line.endsWith('from the cache, the text encoder is not loaded')).length).toBe(2);
      // Its weights alone are 41 MiB.
      expect(memoryWithEmbedding(first) - memoryWithEmbedding(second)).toBeGreaterThan(30);
      expect(await checkInvariants(join(work, 'root'))).toEqual([]);
    });

    it('adds the overlay that the plan names', async () => {
      const log = await python([...args, '--overlay', 'fast'], 'overlay');
      expect(log).toContain('overlay: fast added to transformer, weight 1.0');
      expect(log).toContain('overlay: fast added to transformer_2, weight 1.0');
      expect(existsSync(join(work, 'root', 'wan22', 't2v-A14B-mini@2.2.0@+fast', 'overlays.json'))).toBe(true);
    });

    it('makes a clip from an image, with the model that does both', async () => {
      const log = await python(
        ['ti2v-5B-mini@2.2.0', '--prompt', 'a cat walks on the sea', '--image', join(work, 'first', 'frame-000.png')],
        'from-image',
      );
      expect(log.some((line) => line.startsWith('clip: i2v, 5 x 128 x 128 x 3'))).toBe(true);
    });
  });

  it('in TypeScript makes the same frames of the same embeddings, and starts no worker for a prompt that is here', async () => {
    const args = ['t2v-A14B-mini@2.2.0', '--prompt', 'a dog walks in the snow'];
    const log = await generate(process.execPath, 'generate.ts', args, 'from-ts');
    expect(log.filter((line) => line.startsWith('text_encoder:')).length).toBe(1);
    const second = await python(args, 'from-python');
    expect(second.filter((line) => line.endsWith('from the cache, the text encoder is not loaded')).length).toBe(2);
    diffusersPython(['-c', SAME_PICTURES, join(work, 'from-ts'), join(work, 'from-python')]);
  });

  it('in both languages makes the same clip of an image, which the pipeline resizes as the loader of the model does', async () => {
    const image = join(PROJECT, 'test', 'support', 'conditioning', 'images', 'turned.jpg');
    const args = ['i2v-A14B-mini@2.2.0', '--prompt', 'a cat walks on the sea', '--image', image];
    const log = await generate(process.execPath, 'generate.ts', args, 'image-from-ts');
    expect(log.some((line) => line.startsWith('clip: i2v, 5 x 128 x 128 x 3'))).toBe(true);
    await python(args, 'image-from-python');
    diffusersPython(['-c', SAME_PICTURES, join(work, 'image-from-ts'), join(work, 'image-from-python')]);
  });
});

const SAME_PICTURES = `
import sys
from pathlib import Path
from PIL import Image, ImageChops

first, second = (sorted(Path(folder).glob("*.png")) for folder in sys.argv[1:])
assert len(first) == len(second) == 5
for one, other in zip(first, second):
    assert ImageChops.difference(Image.open(one), Image.open(other)).getbbox() is None, one
`;
