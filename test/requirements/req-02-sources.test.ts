/** Requirement 2: several sources, in order of priority. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resetAt, seeded, status } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';

const files = {
  'model_index.json': '{"_class_name":"WanPipeline"}',
  'unet/model.safetensors': seeded(700_000, 1),
  'vae/model.safetensors': seeded(5000, 2),
};
const total = 29 + 700_000 + 5000;
/** One byte of each file may be asked for first, to see where redirects lead. */
const withProbes = total + Object.keys(files).length;

describe('requirement 2', () => {
  it('2.1 the first source that has the model is used, the next ones are not asked', async () => {
    const world = await modelFixture({ files, sources: ['http:first', 'http:second', 'local'] });
    const { fetchedBytes } = await (await world.orchestrator()).ensureDetailed(MODEL);
    expect(fetchedBytes).toBe(total);
    expect(world.server('http:first').sentBytes()).toBeLessThanOrEqual(withProbes);
    expect(world.server('http:second').requests).toEqual([]);
  });

  it('2.1 a source that fails hands over to the next one in order', async () => {
    const world = await modelFixture({ files, sources: ['http:first', 'http:second', 'http:third'] });
    world.server('http:first').fault('*', status(404));
    const result = await (await world.orchestrator()).ensureDetailed(MODEL);
    expect(result.fetchedBytes).toBe(total);
    expect(world.server('http:second').sentBytes()).toBeLessThanOrEqual(withProbes);
    expect(world.server('http:third').requests).toEqual([]);
  });

  it('2.2 a complete local source means that no socket is opened', async () => {
    const world = await modelFixture({ files, sources: ['local', 'http'] });
    const path = await (await world.orchestrator()).ensure(MODEL);
    expect(path).toBe(world.modelDir());
    expect(world.server().connectionCount).toBe(0);
  });

  it('2.3 what the local source lacks, and nothing else, comes from the next one', async () => {
    const world = await modelFixture({ files, sources: ['local', 'http'] });
    await rm(join(world.folder(), MODEL, 'vae/model.safetensors'));
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    expect(new Set(world.server().requests.map(({ path }) => path))).toEqual(new Set([`${MODEL}/vae/model.safetensors`]));
  });

  it('2.6 where every source fails, one error lists each source and its reason', async () => {
    const world = await modelFixture({ files, sources: ['local', 'http:gone', 'http:broken', 'http:refused'] });
    await rm(join(world.folder(), MODEL), { recursive: true });
    world.server('http:gone').fault('*', status(404));
    world.server('http:broken').fault('*', resetAt(0));
    const refused = world.server('http:refused').url;
    await world.server('http:refused').stop();
    const ran = await world.cli(['models', 'ensure', MODEL, '--json', '--progress', 'none']);
    const { error } = ran.json();
    expect(ran.code).toBe(4);
    expect(error.code).toBe('SOURCE_UNAVAILABLE');
    const attempted = (error.attempts ?? []).filter(({ file }) => file === error.details?.file);
    const sources = [
      `local://local/${MODEL}`,
      `${world.server('http:gone').url}/${MODEL}`,
      `${world.server('http:broken').url}/${MODEL}`,
      `${refused}/${MODEL}`,
    ];
    expect(new Set(attempted.map(({ source }) => source))).toEqual(new Set(sources));
    expect(error.message).toContain('from any of its 4 sources');
    const reasons = [/not there|does not exist/, /404/, /ECONNRESET|reset|closed|hang/i, /ECONNREFUSED|refused/i];
    const told = await world.cli(['models', 'ensure', MODEL]);
    for (const [index, source] of sources.entries()) {
      expect(attempted.find((attempt) => attempt.source === source)?.message).toMatch(reasons[index] ?? /never/);
      const lines = told.stderr.split('\n').filter((line) => line.startsWith(`  - ${source}: `));
      expect(lines, told.stderr).toEqual([expect.stringMatching(reasons[index] ?? /never/)]);
    }
  });
});
