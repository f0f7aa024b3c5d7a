import { expect, it } from 'vitest';
import { seeded, status } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

const files = { 'a.bin': seeded(70_000, 1), 'b.bin': seeded(80_000, 2), 'c.bin': seeded(90_000, 3) };

it('sources that failed and were left for others are told, with why and how often', async () => {
  const world = await modelFixture({ files, sources: ['http:gone', 'http:shut', 'http'] });
  for (const path of Object.keys(files)) {
    world.server('http:gone').fault(`${MODEL}/${path}`, status(404), { times: 100 });
    world.server('http:shut').fault(`${MODEL}/${path}`, status(403), { times: 100 });
  }
  await using orchestrator = await world.orchestrator();
  const { troubles, liars } = await orchestrator.ensureDetailed(MODEL);
  const [gone, shut] = ['http:gone', 'http:shut'].map((name) => `${world.server(name).url}/${MODEL}`);
  expect(liars).toEqual([]);
  expect(troubles.toSorted((a, b) => a.code.localeCompare(b.code))).toEqual([
    { source: shut, code: 'AUTH_FAIL', reason: expect.any(String), times: 3, message: expect.stringContaining('403') },
    { source: gone, code: 'SOURCE_UNAVAILABLE', reason: 'not_found', times: 3, message: expect.stringContaining('404') },
  ]);
  expect(await orchestrator.ensureDetailed(MODEL)).toMatchObject({ troubles: [] });
});
