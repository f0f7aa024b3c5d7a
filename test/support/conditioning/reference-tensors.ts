/** What Pillow, torch and diffusers make of images: asked of them where they are, and as they answered (references.jsonl) where they are not. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageRule } from '../../../src/domain/image-conditioning.ts';
import { PIPELINE_PYTHON } from '../pipeline-python.ts';
import type { ImageModel } from './image-models.ts';

export const IMAGES = join(import.meta.dirname, 'images');
export const REFERENCES = join(import.meta.dirname, 'references.jsonl');

/** A model and what is asked of it; as `PrepareImageOptions` has them. */
export interface TensorSize {
  readonly model: ImageModel;
  readonly area?: number;
  readonly width?: number;
  readonly height?: number;
}

export interface TensorRequest extends TensorSize {
  /** File name, in IMAGES for those of references.jsonl. */
  readonly image: string;
}

export interface ReferenceTensor {
  /** (1, 3, height, width) */
  readonly shape: readonly [number, number, number, number];
  /** Of the float32 values. */
  readonly sha256: string;
  /** Instructions that torch computed with: `AVX2`, `AVX512`, `DEFAULT`, … */
  readonly cpu: string;
}

const SIZES: readonly TensorSize[] = [
  { model: 'wan-i2v@1.0.0', area: 96 * 64 },
  { model: 'wan-i2v@1.0.0', area: 60 * 60 },
  { model: 'wan-ti2v@1.0.0', area: 96 * 64 },
  { model: 'wan-ti2v@1.0.0', area: 200 * 160 },
  { model: 'diffusers-i2v@1.0.0', area: 96 * 64 },
  { model: 'diffusers-i2v@1.0.0', width: 64, height: 48 },
  { model: 'diffusers-ti2v@1.0.0', area: 96 * 64 },
];

/** Every image at every size. */
export const referenceRequests = (): TensorRequest[] =>
  readdirSync(IMAGES)
    .sort()
    .flatMap((image) => SIZES.map((size) => ({ image, ...size })));

/** @param folder of the images; with `out`, the values are written to `out`/number */
export const askReferences = (requests: readonly TensorRequest[], folder: string, out?: string): ReferenceTensor[] =>
  ask(
    requests.map(({ model, image, ...size }, number) => ({
      ...size,
      rule: model.startsWith('diffusers') ? 'diffusers' : model.split('@')[0],
      stride: model.includes('ti2v') ? 16 : 8,
      image: join(folder, image),
      ...(out !== undefined && { out: join(out, String(number)) }),
    })),
  );

export interface SizeRequest {
  /** Width and height of the image. */
  readonly source: readonly [number, number];
  readonly stride: 8 | 16;
  readonly area: number;
}

/** Width and height of frames by each rule; null where upstream fails. */
export type ReferenceSizes = Readonly<Record<ImageRule, readonly [number, number] | null>>;

export const askSizes = (requests: readonly SizeRequest[]): ReferenceSizes[] => ask(requests);

function ask<T>(requests: readonly object[]): T[] {
  const script = join(import.meta.dirname, 'reference-tensors.py');
  const input = requests.map((request) => JSON.stringify(request)).join('\n');
  const { status, stdout, stderr } = spawnSync(PIPELINE_PYTHON, ['-W', 'ignore', script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
