/** MODELS_ROOT where the system says of every folder that there is none, as under an automounter that does not know the name. */
import { describe, expect, it } from 'vitest';
import { modelFixture } from '../support/model-fixture.ts';

describe.runIf(process.platform === 'linux')('a models root that cannot be made', () => {
  it.each(['/proc/no-such-mount', '/proc/no-such-mount/models'])('is refused by ensure (%s)', async (root) => {
    const world = await modelFixture({ files: { 'a.bin': 'a' } });
    const ran = await world.cli(['models', 'ensure', '--all', '--json'], { MODELS_ROOT: root });
    expect({ code: ran.code, ...ran.json() }).toMatchObject({
      code: 9,
      ok: false,
      error: { code: 'FILESYSTEM_ERROR', details: { errno: 'ENOENT' } },
    });
  });

  it('is told by doctor, with what to do', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a' } });
    const ran = await world.cli(['doctor', '--json'], { MODELS_ROOT: '/proc/no-such-mount' });
    expect(ran.json<{ data: { checks: unknown[] } }>().data.checks).toContainEqual(
      expect.objectContaining({ name: 'volume', verdict: 'fail', hint: expect.stringContaining('another folder as MODELS_ROOT') }),
    );
  });
});
