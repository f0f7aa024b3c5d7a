/** The built command writes the tensor of an image, and bad input loses nothing. */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, link, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageWorld } from '../support/conditioning/image-models.ts';
import { IMAGES, REFERENCES } from '../support/conditioning/reference-tensors.ts';

const IMAGE = join(IMAGES, '420.jpg');

describe('wan models prepare-image', () => {
  it('writes a safetensors file with the reference tensor, and says what it did', async () => {
    const world = await imageWorld();
    const out = join(world.directory, 'cat.safetensors');
    await writeFile(out, 'what was there before');
    const run = await world.cli([
      'models',
      'prepare-image',
      'wan-i2v@1.0.0',
      IMAGE,
      '--area',
      '6144',
      '--out',
      'cat.safetensors',
      '--json',
    ]);
    expect(run.code, run.stdout).toBe(0);
    expect(run.json()).toMatchObject({
      schema: 'wan.models.prepare-image/v1',
      ok: true,
      data: {
        ref: 'wan-i2v@1.0.0',
        rule: 'wan-i2v',
        out,
        width: 80,
        height: 64,
        source: { path: IMAGE, format: 'jpeg', width: 53, height: 37 },
      },
    });
    const { header, values } = contentOf(out);
    expect(header).toMatchObject({ image: { dtype: 'F32', shape: [1, 3, 64, 80] }, __metadata__: { format: 'pt', rule: 'wan-i2v' } });
    expect(readFileSync(REFERENCES, 'utf8')).toContain(hash('sha256', values));
    expect(readdirSync(world.directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('leaves the file as it is where the image or the place cannot be used', async () => {
    const world = await imageWorld();
    const out = join(world.directory, 'cat.safetensors');
    await writeFile(out, 'mine');
    await symlink('/dev/null', join(world.directory, 'null'));
    await copyFile(IMAGE, join(world.directory, 'cat.jpg'));
    await link(join(world.directory, 'cat.jpg'), join(world.directory, 'same.jpg'));
    for (const [args, code] of [
      [['cat.jpg', '--out', 'cat.jpg'], 2],
      [['cat.jpg', '--out', 'same.jpg'], 2],
      [['models.toml', '--out', out], 2],
      [[IMAGE], 2],
      [[IMAGE, '--out', out, '--width', '100', '--height', '64'], 2],
      [[IMAGE, '--out', join(world.directory, 'null')], 9],
      [[IMAGE, '--out', world.directory], 9],
      [[IMAGE, '--out', join(world.directory, 'none', 'cat.safetensors')], 9],
    ] as const) {
      const run = await world.cli(['models', 'prepare-image', 'wan-i2v@1.0.0', ...args, '--json']);
      expect([run.code, run.json().ok], run.stdout).toEqual([code, false]);
    }
    expect(readFileSync(out, 'utf8')).toBe('mine');
    expect(readdirSync(world.directory).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

function contentOf(path: string): { header: unknown; values: Buffer } {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.toString('utf8', 8, end)), values: bytes.subarray(end) };
}
