/** MODELS_ROOT on a volume that is not mounted, for the whole command: an empty folder. */
import { mkdirSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelFixture } from '../support/model-fixture.ts';

async function unmounted() {
  const world = await modelFixture({ files: { 'a.bin': 'a' }, env: { WAN_REQUIRE_STORE: 'true', MODEL_API_PORT: '0' } });
  mkdirSync(world.modelsRoot);
  return world;
}

describe('with require_store, on an empty mount point', () => {
  it.each(['serve', 'serve --check', 'models jobs', 'models locks'])('wan %s says so, and makes nothing', async (verb) => {
    const world = await unmounted();
    const ran = await world.cli([...verb.split(' '), '--json']);
    expect({ code: ran.code, ...ran.json() }).toMatchObject({ code: 2, ok: false, error: { code: 'INVALID_CONFIG', reason: 'no_store' } });
    expect(readdirSync(world.modelsRoot)).toEqual([]);
  });

  it('a failed ensure leaves no trace there, nor a second error', async () => {
    const world = await unmounted();
    const ran = await world.cli(['models', 'ensure', '--all']);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is its volume mounted?') });
    expect(ran.stderr).not.toMatch(/not in the audit log|counters are lost|not told of it/);
    expect(readdirSync(world.modelsRoot)).toEqual([]);
  });

  it('wan doctor says what is wrong', async () => {
    const world = await unmounted();
    const ran = await world.cli(['doctor', '--json']);
    expect(ran.code).toBe(2);
    expect(ran.json<{ data: { checks: unknown[] } }>().data.checks).toContainEqual(
      expect.objectContaining({ name: 'MODELS_ROOT', verdict: 'fail', hint: expect.stringContaining('is its volume mounted?') }),
    );
  });
});
