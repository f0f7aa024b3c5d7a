/** Requirement 7: the command line. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seeded, status } from '../servers/http/fault-server.ts';
import { modelFixture } from '../support/model-fixture.ts';

const [A, B] = ['t2v-tiny@2.2.0', 'i2v-tiny@2.2.0'];
const models = {
  [A]: { files: { 'model_index.json': '{"a":1}', 'vae.safetensors': seeded(5000, 1) } },
  [B]: { files: { 'model_index.json': '{"b":1}', 'vae.safetensors': seeded(6000, 2) } },
};

describe('requirement 7', () => {
  it('7.1 ensure --all downloads every model of the manifest', async () => {
    const world = await modelFixture({ models });
    const ran = await world.cli(['models', 'ensure', '--all', '--json']);
    expect(ran.code).toBe(0);
    expect(ran.json<{ data: { results: { ref: string }[] } }>().data.results.map(({ ref }) => ref)).toEqual([A, B]);
    expect((await world.cli(['models', 'check'])).code).toBe(0);
  });

  it('7.2 ensure --only downloads that model alone', async () => {
    const world = await modelFixture({ models });
    expect((await world.cli(['models', 'ensure', '--only', B])).code).toBe(0);
    expect([existsSync(world.modelDir(A)), existsSync(world.modelDir(B))]).toEqual([false, true]);
  });

  it('7.3 check reports every configured model, and its exit status whether all are complete', async () => {
    const world = await modelFixture({ models });
    await (await world.orchestrator()).ensure(B);
    const ran = await world.cli(['models', 'check', '--json']);
    expect(ran.code).toBe(10);
    const { complete, results } = ran.json<{ data: { complete: boolean; results: { ref: string; state: string }[] } }>().data;
    expect(results.map(({ ref, state }) => [ref, state])).toEqual([
      [A, 'NOT_PRESENT'],
      [B, 'COMPLETE'],
    ]);
    expect(complete).toBe(false);
    const human = await world.cli(['models', 'check']);
    expect(human.stdout).toMatch(/t2v-tiny@2\.2\.0 +NOT_PRESENT/);
    expect(human.stdout).toMatch(/i2v-tiny@2\.2\.0 +COMPLETE/);
  });

  it('7.4 after a download the local path of each model is shown', async () => {
    const world = await modelFixture({ models });
    const { stdout, code } = await world.cli(['models', 'ensure', '--all']);
    expect(code).toBe(0);
    for (const ref of [A, B]) expect(stdout.split('\n').find((line) => line.includes(ref))).toContain(world.modelDir(ref));
  });

  it('7.5 a failed download says what failed, where, and what to do; the other models are still downloaded', async () => {
    const world = await modelFixture({ models: { [A]: { ...models[A], sources: ['http'] }, [B]: models[B] } as typeof models });
    world.server().fault(`${A}/vae.safetensors`, status(404));
    const ran = await world.cli(['models', 'ensure', '--all', '--progress', 'none']);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/^error: SOURCE_UNAVAILABLE .*t2v-tiny@2\.2\.0.*vae\.safetensors.*404/m);
    expect(ran.stderr).toContain(world.server().url);
    expect(ran.stderr).toMatch(/^hint: .+/m);
    expect([existsSync(world.modelDir(A)), existsSync(world.modelDir(B))]).toEqual([false, true]);
  });
});
