import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ImageModel, imageWorld } from '../../../test/support/conditioning/image-models.ts';
import {
  IMAGES,
  REFERENCES,
  type ReferenceTensor,
  referenceRequests,
  type TensorRequest,
} from '../../../test/support/conditioning/reference-tensors.ts';
import type { UsedOrchestrator } from '../../../test/support/model-fixture.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { type PrepareImageOptions, prepareImage } from './prepare-image.ts';

const references = readFileSync(REFERENCES, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TensorRequest & ReferenceTensor);
const RGB = readFileSync(join(IMAGES, 'rgb.png'));

let orchestrator: UsedOrchestrator;
beforeEach(async () => {
  orchestrator = await (await imageWorld()).orchestrator();
});

const prepare = (image: string | Uint8Array, options: PrepareImageOptions = {}, model: ImageModel = 'wan-i2v@1.0.0') =>
  prepareImage(orchestrator, model, image, options);

describe('a prepared image', () => {
  it.each([...new Set(references.map(({ image }) => image))])(
    'of %s is, bit by bit, what Pillow, torch and diffusers make',
    async (image) => {
      const cases = references.filter((one) => one.image === image);
      expect(cases).toHaveLength(referenceRequests().filter((one) => one.image === image).length);
      for (const { model, shape, sha256, area, width, height } of cases) {
        const size = area === undefined ? { width: width ?? 0, height: height ?? 0 } : { area };
        const made = await prepare(join(IMAGES, image), size, model);
        expect([1, 3, made.height, made.width], model).toEqual(shape);
        expect(hash('sha256', Buffer.from(made.tensor.buffer)), `${model} ${JSON.stringify(size)}`).toBe(sha256);
      }
    },
  );

  it('has as many pixels as the default of the model where no size is asked for, and the rule of the pipeline class', async () => {
    expect(await prepare(RGB)).toMatchObject({
      rule: 'wan-i2v',
      source: { format: 'png', width: 53, height: 37 },
      width: 80,
      height: 64,
      ref: { modelId: 'wan-i2v@1.0.0' },
    });
    expect(await prepare(RGB, { rule: 'diffusers' })).toMatchObject({ rule: 'diffusers', width: 80, height: 64 });
    expect(await prepare(RGB, {}, 'wan-ti2v@1.0.0')).toMatchObject({
      rule: 'wan-ti2v',
      width: 96,
      height: 64,
      resized: { width: 96, height: 67 },
      cropped: { left: 0, top: 1 },
    });
  });

  it('is turned as its EXIF data say, else its XMP data, for diffusers only', async () => {
    const turned = join(IMAGES, 'turned.jpg');
    expect((await prepare(turned)).source).toMatchObject({ width: 53, height: 37 });
    expect((await prepare(turned, {}, 'diffusers-i2v@1.0.0')).source).toMatchObject({ width: 37, height: 53 });
    for (const kind of ['jpg', 'png', 'webp'])
      expect((await prepare(join(IMAGES, `turned-xmp.${kind}`), {}, 'diffusers-i2v@1.0.0')).source).toMatchObject({
        width: 37,
        height: 53,
      });
  });
});

describe('an image that cannot be used is refused with the reason', () => {
  it.each([
    ['a drawing', 'image_format', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['an animation', 'image_format', () => Buffer.from('GIF89a')],
    ['nothing', 'image_format', () => Buffer.alloc(0)],
    ['a head alone', 'image_broken', () => RGB.subarray(0, 20)],
    ['half of a PNG', 'image_broken', () => RGB.subarray(0, RGB.length / 2)],
    ['half of a JPEG', 'image_broken', () => half('420.jpg')],
    ['half of a WebP', 'image_broken', () => half('lossy.webp')],
    [
      'a PNG with a wrong byte',
      'image_broken',
      () => Buffer.concat([RGB.subarray(0, 300), Buffer.from([RGB.readUInt8(300) ^ 0xff]), RGB.subarray(301)]),
    ],
    ['CMYK', 'image_colours', () => sharp(RGB).toColourspace('cmyk').jpeg().toBuffer()],
    ['16 bits of grey', 'image_depth', () => sharp(RGB).toColourspace('grey16').png().toBuffer()],
    ['16 bits of grey with a transparent level', 'image_depth', () => greyOf16Bits()],
    ['a small file that claims 400 million pixels', 'image_too_large', () => blankPng(20_000, 20_000)],
    ['a line', 'image_shape', () => blankPng(2000, 2)],
  ])('%s: %s', async (_, reason, bytes) => {
    await expect(prepare(await bytes())).rejects.toMatchObject({ code: 'INVALID_INPUT', reason, hint: expect.stringMatching(/\w/) });
  });

  it('a path without a file, and a folder', async () => {
    const folder = await tempDir();
    for (const path of [join(folder, 'none.png'), join(folder, 'none', 'a.png'), folder])
      await expect(prepare(path)).rejects.toMatchObject({ code: 'INVALID_INPUT', reason: 'image_file', details: { path } });
  });

  it('by a model that takes none, and by one whose rule is not known', async () => {
    await expect(prepare(RGB, {}, 't2v@1.0.0')).rejects.toMatchObject({ code: 'INVALID_INPUT', reason: 'image_rule' });
    await expect(prepare(RGB, { rule: 'wan-i2v' }, 't2v@1.0.0')).rejects.toThrow(/takes no image/);
    await expect(prepare(RGB, {}, 's2v@1.0.0')).rejects.toMatchObject({ reason: 'image_rule', hint: expect.stringContaining('wan-ti2v') });
  });

  it('with a size that no memory is for, by a model that sets no bound', async () => {
    for (const size of [{ area: 1e15 }, { width: 2 ** 20, height: 2 ** 20 }])
      await expect(prepare(RGB, size, 'boundless@1.0.0')).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        hint: expect.stringContaining('67108864'),
      });
  });

  it('with a size that the model cannot make, told with the nearest one', async () => {
    for (const [size, hint] of [
      [{ width: 100, height: 64 }, /width 96/],
      [{ width: 4096, height: 4096 }, /width \d+, height \d+/],
      [{ area: 921_601 }, /area 921600/],
      [{ area: 0 }, /area 1$/],
      [{ area: Number.NaN }, /area 1$/],
      [{ width: 64 }, /give width and height/],
      [{ width: 64, height: 64, area: 4096 }, /give width and height/],
    ] as const)
      await expect(prepare(RGB, size)).rejects.toMatchObject({ code: 'INVALID_INPUT', hint: expect.stringMatching(hint) });
  });
});

const half = (name: string): Buffer => {
  const bytes = readFileSync(join(IMAGES, name));
  return bytes.subarray(0, bytes.length / 2);
};

const blankPng = (width: number, height: number): Buffer => png({ width, height, depth: 1 });

const greyOf16Bits = (): Buffer => png({ width: 64, height: 64, depth: 16 }, chunk('tRNS', Buffer.from([0, 7])));

/** Grey, all of it black. */
function png({ width, height, depth }: { width: number; height: number; depth: number }, more?: Buffer): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = depth;
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil((width * depth) / 8)) * height));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...[chunk('IHDR', head), ...(more ? [more] : []), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))],
  ]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
