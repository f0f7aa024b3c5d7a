/** Images as Pillow, torch and diffusers prepare them, to the last bit. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isModelError } from '../../src/domain/errors.ts';
import { IMAGE_RULES, type ImageRule } from '../../src/domain/image-conditioning.ts';
import { planImage } from '../../src/pipeline/conditioning/plan-image.ts';
import { prepareImage } from '../../src/pipeline/conditioning/prepare-image.ts';
import { systemRandom } from '../../src/util/system-world.ts';
import { type ImageModel, imageWorld } from '../support/conditioning/image-models.ts';
import {
  askReferences,
  askSizes,
  IMAGES,
  REFERENCES,
  type ReferenceTensor,
  referenceRequests,
  type SizeRequest,
  type TensorRequest,
} from '../support/conditioning/reference-tensors.ts';
import { describeWithDiffusers } from '../support/diffusers-python.ts';
import { PIPELINE_PYTHON } from '../support/pipeline-python.ts';
import { tempDir } from '../support/temp-dir.ts';

const MAKE_IMAGES = join(import.meta.dirname, '..', 'support', 'conditioning', 'make-images.py');
const SEED = 1;
const COUNT = 30;
/** torch without fused multiplication rounds where a pixel lies in the source differently. */
const UNFUSED_ERROR = 1e-4;

describeWithDiffusers('an image', () => {
  // `-u` writes references.jsonl, which src/pipeline/conditioning/prepare-image.test.ts holds on every machine.
  it('has references that Pillow, torch and diffusers still make', async ({ skip }) => {
    const requests = referenceRequests();
    const references = askReferences(requests, IMAGES);
    skip(!references.every(isFused), 'torch computes without fused multiplication here');
    const lines = references.map(({ shape, sha256 }, at) => JSON.stringify({ ...requests[at], shape, sha256 }));
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(REFERENCES);
  });

  it('of any size has frames of the size that upstream makes, and none where upstream fails', () => {
    const requests = sizeRequests();
    for (const [at, sizes] of askSizes(requests).entries()) {
      for (const rule of IMAGE_RULES) expect(frameOf(rule, requests[at]), `${rule} ${JSON.stringify(requests[at])}`).toEqual(sizes[rule]);
    }
  });

  it('of any kind and size becomes the tensor that the loader of the model makes', async () => {
    const folder = await tempDir();
    const out = join(folder, 'out');
    await mkdir(out);
    execFileSync(PIPELINE_PYTHON, ['-W', 'ignore', MAKE_IMAGES, join(folder, 'images'), String(SEED), String(COUNT)]);
    const requests = requestsFor(readdirSync(join(folder, 'images')).sort());
    const references = askReferences(requests, join(folder, 'images'), out);
    const orchestrator = await (await imageWorld()).orchestrator();
    for (const [at, { model, image, ...size }] of requests.entries()) {
      const { tensor, width, height } = await prepareImage(orchestrator, model, join(folder, 'images', image), size);
      expect([1, 3, height, width], `${model} ${image}`).toEqual(references[at]?.shape);
      const tolerance = model.startsWith('wan-i2v') && !references.every(isFused) ? UNFUSED_ERROR : 0;
      const error = largestDifference(tensor, await readFile(join(out, String(at))));
      expect(error, `${model} ${image}`).toBeLessThanOrEqual(tolerance);
    }
  });
});

/** All of a few small areas, where rounding decides, and chance. */
function sizeRequests(): SizeRequest[] {
  const { next } = systemRandom;
  const sides = (): [number, number] => [Math.ceil(2 ** (13 * next())), Math.ceil(2 ** (13 * next()))];
  const squares = Array.from(
    { length: 60 },
    (_, at): SizeRequest => ({ source: [at + 1, at + 1], stride: at % 2 === 0 ? 8 : 16, area: (at + 1) ** 2 * 64 }),
  );
  const others = Array.from(
    { length: 4000 },
    (_, at): SizeRequest => ({
      source: sides(),
      stride: at % 2 === 0 ? 8 : 16,
      area: AREAS[at % 5] ?? Math.ceil(2 ** (21 * next())),
    }),
  );
  return [...squares, ...others];
}

function frameOf(rule: ImageRule, request: SizeRequest | undefined): readonly [number, number] | null {
  const { source: [width, height] = [1, 1], stride = 8, area = 1 } = request ?? {};
  const step = { width: 2 * stride, height: 2 * stride };
  try {
    const plan = planImage({ format: 'png', width, height }, { rule, area, step });
    return [plan.width, plan.height];
  } catch (error) {
    if (isModelError(error, 'INVALID_INPUT')) return null;
    throw error;
  }
}

const isFused = ({ cpu }: ReferenceTensor): boolean => cpu.startsWith('AVX');

const AREAS = [480 * 832, 60_000, 704 * 1280];
const MODELS: readonly ImageModel[] = ['wan-i2v@1.0.0', 'wan-ti2v@1.0.0', 'diffusers-i2v@1.0.0', 'diffusers-ti2v@1.0.0'];

/** Every image for two loaders, at areas that take turns. */
const requestsFor = (images: readonly string[]): TensorRequest[] =>
  images.flatMap((image, at) =>
    [0, 1].map((turn) => ({
      image,
      model: MODELS[(at + turn * (1 + (at % 3))) % MODELS.length] ?? 'wan-i2v@1.0.0',
      area: AREAS[(at + turn) % AREAS.length] ?? 60_000,
    })),
  );

function largestDifference(tensor: Float32Array, reference: Buffer): number {
  expect(tensor.byteLength).toBe(reference.byteLength);
  if (reference.equals(Buffer.from(tensor.buffer))) return 0;
  return tensor.reduce((most, value, at) => Math.max(most, Math.abs(value - reference.readFloatLE(at * 4))), 0);
}
