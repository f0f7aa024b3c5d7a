import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded, status } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

const files = { 'a.bin': seeded(300_000, 1), 'b.bin': seeded(5000, 2) };

it('bytes that a model still has are read, not fetched, when their blobs are gone', async () => {
  const world = await modelFixture({ files, sources: ['http'] });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  rmSync(join(world.modelsRoot, '.blobs'), { recursive: true });
  const sentBytes = world.server('http').sentBytes();
  await orchestrator.ensure(MODEL);
  expect(world.server('http').sentBytes()).toBe(sentBytes);
  expect(existsSync(join(world.modelsRoot, '.blobs'))).toBe(true);
  expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
});

it('and are fetched where reading shows that they are wrong', async () => {
  const world = await modelFixture({ files, sources: ['http'] });
  await using orchestrator = await world.orchestrator();
  const directory = await orchestrator.ensure(MODEL);
  rmSync(join(world.modelsRoot, '.blobs'), { recursive: true });
  chmodSync(join(directory, 'b.bin'), 0o644);
  writeFileSync(join(directory, 'b.bin'), Buffer.alloc(5000));
  const sentBytes = world.server('http').sentBytes();
  await orchestrator.ensure(MODEL);
  expect(world.server('http').sentBytes() - sentBytes).toBe(5000);
  expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
});

it('sources that cannot even be opened are told of with those that failed', async () => {
  const world = await modelFixture({ files, sources: ['peer://node-7', 'http'] });
  world.server('http').fault('*', status(404));
  await using orchestrator = await world.orchestrator();
  await expect(orchestrator.ensure(MODEL)).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    attempts: [
      { source: `${world.server('http').url}/${MODEL}`, code: 'SOURCE_UNAVAILABLE' },
      { source: 'peer://node-7', code: 'NOT_IMPLEMENTED' },
    ],
  });
});
