/** Ensures that make room for each other under a quota, killed at each step of it: what is published stays whole, and the last one gets in. */
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { type FixtureModel, type ModelWorld, modelFixture, type Ran } from '../support/model-fixture.ts';

const MIB = 1024 * 1024;
const FIRST = ['one@1.0.0', 'two@1.0.0'];
const NEXT = ['three@1.0.0', 'four@1.0.0'];
/** Events at which a run is killed; the last one never comes. */
const MOMENTS = ['gc.started', 'gc.removed', 'gc.finished', 'made_room', 'file.finished', 'no such event'] as const;

const model = (seed: number): FixtureModel => ({
  files: { 'text_encoder/w.safetensors': seeded(MIB, 1), 'transformer/w.safetensors': seeded(2 * MIB, seed) },
  sources: ['http'],
});

function ensureUntil(world: ModelWorld, id: string, moment: string): Promise<Ran> {
  const { child, ended } = world.start(['models', 'ensure', id, '--progress', 'json']);
  child.stderr?.on('data', (chunk: Buffer) => {
    if (chunk.includes(`"${moment}"`)) child.kill('SIGKILL');
  });
  return ended;
}

it('kill -9 at each step of making room: no model that is here misses a byte, no debris is left', async () => {
  const world = await modelFixture({
    models: Object.fromEntries([...FIRST, ...NEXT].map((id, index) => [id, model(index + 2)])),
    env: { WAN_MAX_TOTAL_SIZE: String(6 * MIB), WAN_GC_GRACE: '0' },
  });
  const killedAt = new Set<string>();
  for (const moment of MOMENTS) {
    await world.cli(['models', 'rm', ...NEXT]);
    expect((await world.cli(['models', 'ensure', ...FIRST])).code).toBe(0);
    const ends = await Promise.all(NEXT.map((id) => ensureUntil(world, id, moment)));
    if (ends.some(({ signal }) => signal === 'SIGKILL')) killedAt.add(moment);
    expect(await checkInvariants(world.modelsRoot), `after a kill at ${moment}`).toEqual([]);
  }
  expect([...killedAt].sort()).toEqual(MOMENTS.slice(0, -1).toSorted());
  const last = NEXT[1] ?? '';
  const ran = await world.cli(['models', 'ensure', last]);
  expect(ran.code, ran.stderr).toBe(0);
  expect((await world.cli(['models', 'verify', last])).code).toBe(0);
  const { data } = (await world.cli(['models', 'du', '--json'])).json<{
    data: { total: { disk_bytes: number }; classes: { class: string; files: number }[] };
  }>();
  expect(data.total.disk_bytes).toBeLessThanOrEqual(6 * MIB);
  expect(data.classes.find((one) => one.class === 'trash')?.files).toBe(0);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});
