import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

/** Descriptors of this process that lead to a file. */
const openedOf = (path: string): readonly string[] =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // that of the listing itself
    }
  });

it.runIf(process.platform === 'linux')('a file that is not handed out, since its use cannot be noted, is not left open', async () => {
  const world = await modelFixture({ files: { 'a.bin': 'a' } });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const path = join(world.modelDir(), 'a.bin');
  {
    await using opened = await orchestrator.openFile(MODEL, 'a.bin');
    expect([opened.sizeBytes, openedOf(path).length]).toEqual([1, 1]);
  }
  const access = join(world.modelsRoot, '.state', 'access');
  rmSync(access, { recursive: true });
  writeFileSync(access, 'in the way');
  await expect(orchestrator.openFile(MODEL, 'a.bin')).rejects.toMatchObject({
    code: expect.stringMatching(/^(PATH_UNSAFE|FILESYSTEM_ERROR)$/),
  });
  expect(openedOf(path)).toEqual([]);
});
