/** Parts of MODELS_ROOT that are mounts of their own: told before a byte is fetched, and by name. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { describeOnSmallDisk } from '../support/small-disk.ts';
import { tempDir } from '../support/temp-dir.ts';

function mount(args: readonly string[], place: string): void {
  const { status, stderr } = spawnSync('mount', [...args, place]);
  if (status !== 0) throw new Error(`cannot mount ${place}: ${stderr}`);
  onTestFinished(() => void spawnSync('umount', ['-l', place]));
}

const TMPFS = ['-t', 'tmpfs', '-o', 'size=1000000', 'tmpfs'];

describeOnSmallDisk('a folder of MODELS_ROOT that is mounted apart', () => {
  it.each([
    ['a family on another volume', ['wan22'], async () => TMPFS],
    ['a family in another folder of the same volume', ['wan22'], async () => ['--bind', await tempDir()]],
    ['the blobs', ['.blobs'], async () => TMPFS],
    ['the model itself', ['wan22', MODEL], async () => ['--bind', await tempDir()]],
  ])('is refused before anything is fetched: %s', async (_, names, from) => {
    const world = await modelFixture({ files: { 'a.bin': 'some bytes' }, sources: ['http'] });
    const place = join(world.modelsRoot, ...names);
    mkdirSync(place, { recursive: true });
    mount(await from(), place);
    await using orchestrator = await world.orchestrator();
    await expect(orchestrator.ensure(MODEL)).rejects.toMatchObject({
      code: 'FILESYSTEM_ERROR',
      reason: 'other_volume',
      details: { path: place },
    });
    expect(world.server().requests).toEqual([]);
    expect(readdirSync(join(world.modelsRoot, '.state'))).not.toContain('intents');
  });
});
