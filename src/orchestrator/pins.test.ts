import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';

const OTHER = 'i2v-tiny@2.2.0';
const files = { 'a.bin': seeded(3000, 1) };

async function twoModels(): Promise<ModelWorld> {
  return modelFixture({ models: { [MODEL]: { files, keys: { variants: ['fp16', 'bf16'] } }, [OTHER]: { files } } });
}

const pinFile = (world: ModelWorld): string => {
  const folder = join(world.modelsRoot, '.state', 'pins');
  return join(folder, readdirSync(folder)[0] ?? '');
};

describe('a pinned model', () => {
  it('is not removed until it is unpinned, and the error says by whom it is pinned and what to do', async () => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL, { reason: 'serves production' });
    await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({
      code: 'CONCURRENT_MODIFICATION',
      reason: 'model_pinned',
      retryable: false,
      message: expect.stringMatching(/^t2v-tiny@2\.2\.0 is pinned by \S+@\S+ on \d{4}-\d\d-\d\d: serves production$/),
      hint: expect.stringContaining('`wan models unpin t2v-tiny@2.2.0`'),
    });
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect(await orchestrator.unpinModel(MODEL)).toMatchObject({ label: MODEL, unpinned: true });
    expect(await orchestrator.unpinModel(MODEL)).toMatchObject({ unpinned: false });
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is removed with force, and stays pinned for the next time', async () => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL);
    expect(await orchestrator.remove(MODEL, { force: true })).toMatchObject({ removed: true, reclaimedBytes: 3000 });
    expect(await orchestrator.pins()).toMatchObject([{ label: MODEL, state: 'active', present: false }]);
  });

  it('is one variant only, and may be pinned before it is here', async () => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.pinModel(MODEL, { variant: 'bf16' })).toMatchObject({ label: `${MODEL}@bf16`, present: false });
    await orchestrator.ensure(MODEL);
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true });
    await orchestrator.ensure(`${MODEL}@bf16`);
    await expect(orchestrator.remove(`${MODEL}@bf16`)).rejects.toMatchObject({ reason: 'model_pinned' });
  });

  it('is free again once its time is over, and shown as such', async () => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL, { until: new Date(Date.now() + 300) });
    await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({ reason: 'model_pinned' });
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await orchestrator.pins()).toMatchObject([{ label: MODEL, state: 'expired', present: true }]);
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true });
    await expect(orchestrator.pinModel(MODEL, { until: new Date(Date.now() - 1) })).rejects.toMatchObject({ reason: 'pin_until_past' });
  });

  it.each(['', '{"torn', '\0\0\0\0'])('is kept by a record that holds %j', async (damage) => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL);
    writeFileSync(pinFile(world), damage);
    expect(await orchestrator.pins()).toMatchObject([{ label: MODEL, state: 'unreadable', present: true }]);
    await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({ reason: 'model_pinned' });
    expect(await orchestrator.unpinModel(MODEL)).toMatchObject({ unpinned: true });
    expect(existsSync(join(world.modelsRoot, '.state', 'pins', `wan22@${MODEL}`))).toBe(false);
  });

  it('can be unpinned when the manifest has it no more', async () => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    await orchestrator.pinModel(MODEL);
    await world.write({ [OTHER]: { files } });
    await using later = await world.orchestrator();
    expect(await later.pins()).toMatchObject([{ label: MODEL }]);
    expect(await later.unpinModel(MODEL)).toMatchObject({ unpinned: true });
    await expect(later.unpinModel(MODEL)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('says in its record who pinned it', async () => {
    const world = await twoModels();
    await using orchestrator = await world.orchestrator();
    await orchestrator.pinModel(MODEL);
    const record: unknown = JSON.parse(readFileSync(pinFile(world), 'utf8'));
    expect(record).toMatchObject({ family: 'wan22', ref: { modelId: MODEL }, by: expect.stringContaining('@'), check: expect.any(String) });
  });
});
