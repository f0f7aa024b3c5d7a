import { readFileSync, truncateSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';
import type { SmokeNote } from '../domain/smoke.ts';

const note: SmokeNote = {
  verdict: 'failed',
  error: { code: 'FORMAT_INVALID', reason: 'weights_not_finite', message: 'transformer: to_q.weight holds NaN' },
  at: '2026-11-28T12:00:00.000Z',
  durationSeconds: 12.5,
  device: 'cuda',
  deviceName: 'a GPU',
  versions: { torch: '2.15.0' },
  modes: ['t2v'],
  loadSeconds: 3,
  stepSeconds: 0.5,
  hostPeakBytes: 1_000_000,
  gpuPeakBytes: 2_000_000,
};

async function noted() {
  const world = await modelFixture({ files: { 'a.bin': 'one', 'b.bin': 'two' } });
  const orchestrator = await world.orchestrator();
  await using held = await orchestrator.lease(MODEL);
  await orchestrator.noteSmoke(held, note);
  const directory = join(world.modelsRoot, '.state', 'smoke');
  const [name = ''] = await readdir(directory);
  return { world, orchestrator, path: join(directory, name) };
}

describe('the result of a smoke test', () => {
  it('is told by status, and breaks no invariant of the store', async () => {
    const { world, orchestrator } = await noted();
    expect((await orchestrator.status(MODEL)).smoke).toEqual(note);
    const { json } = await world.cli(['models', 'status', MODEL, '--json']);
    expect(json<{ data: { results: object[] } }>().data.results[0]).toMatchObject({ smoke: { verdict: 'failed', device_name: 'a GPU' } });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is that of the bytes: gone with them, back with them, and none of others under the same name', async () => {
    const { world, orchestrator } = await noted();
    await orchestrator.remove(MODEL);
    expect((await orchestrator.status(MODEL)).smoke).toBeUndefined();
    await orchestrator.ensure(MODEL);
    expect((await orchestrator.status(MODEL)).smoke).toEqual(note);
    await world.write({ [MODEL]: { files: { 'a.bin': 'one', 'b.bin': 'other' } } });
    await using later = await world.orchestrator();
    await later.ensure(MODEL);
    expect((await later.status(MODEL)).smoke).toBeUndefined();
  });

  it('outlives a record of the model that is lost and made again', async () => {
    const { world, orchestrator } = await noted();
    truncateSync(join(world.modelDir(), '.verified.json'), 10);
    await orchestrator.rebuild();
    expect((await orchestrator.status(MODEL)).smoke).toEqual(note);
  });

  it('that is torn is none', async () => {
    const { orchestrator, path } = await noted();
    expect(readFileSync(path, 'utf8')).toContain('"schema":"wan.smoke/v1"');
    truncateSync(path, 100);
    expect((await orchestrator.status(MODEL)).smoke).toBeUndefined();
  });
});
