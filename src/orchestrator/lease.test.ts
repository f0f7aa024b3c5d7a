import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neverAnswer, seeded } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';

const files = { 'a.bin': seeded(3000, 1) };

describe('a lease', () => {
  it('makes the model real, keeps it from being removed, and ends once', async () => {
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    const lease = await orchestrator.lease(MODEL, { command: 'python train.py' });
    expect(lease.path).toBe(world.modelDir());
    await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({
      code: 'CONCURRENT_MODIFICATION',
      reason: 'model_leased',
      message: expect.stringMatching(new RegExp(`is in use by pid ${process.pid} on \\S+ \\(python train\\.py\\) since \\d{4}-`)),
      details: { holders: [{ pid: process.pid, command: 'python train.py' }] },
    });
    await lease.release();
    await lease.release();
    expect(readdirSync(join(world.modelsRoot, '.state', 'leases'))).toEqual([]);
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('of two, the last one that ends sets the model free', async () => {
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    {
      await using _first = await orchestrator.lease(MODEL);
      const second = await orchestrator.lease(MODEL);
      await second.release();
      await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({ reason: 'model_leased' });
    }
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true });
  });

  it('is not left behind by an ensure that fails', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server('http').fault(`${MODEL}/a.bin`, neverAnswer());
    await using orchestrator = await world.orchestrator();
    await expect(orchestrator.lease(MODEL, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT' });
    expect(readdirSync(join(world.modelsRoot, '.state', 'leases'))).toEqual([]);
  });

  it('gives way to force', async () => {
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    await using _lease = await orchestrator.lease(MODEL);
    expect(await orchestrator.remove(MODEL, { force: true })).toMatchObject({ removed: true });
  });
});
