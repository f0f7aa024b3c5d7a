/** Requirement 10: disk space. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';

const files = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(500_000, 1) };
/** More than any volume has: the same as a full disk, without filling one. */
const tooMuch = { WAN_SAFETY_MARGIN: '4000TiB' };
const TIB = 2 ** 40;

describe('requirement 10', () => {
  it('10.1 a download that does not fit is refused before a byte moves', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const full = await world.orchestrator({ env: tooMuch });
    await expect(full.ensure(MODEL)).rejects.toMatchObject({ code: 'NO_SPACE', exitCode: 6 });
    expect(world.server().connectionCount).toBe(0);
    expect(readdirSync(world.modelsRoot)).not.toContain('wan22');
    expect(await (await world.orchestrator()).ensure(MODEL)).toBe(world.modelDir());
  });

  it('10.1 only bytes that are still missing are counted', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    await (await world.orchestrator()).ensure(MODEL);
    const full = await world.orchestrator({ env: tooMuch });
    expect(await full.ensure(MODEL)).toBe(world.modelDir());
    await world.write({ [MODEL]: { files: { ...files, 'new.bin': '12345' }, sources: ['http'] } });
    await expect((await world.orchestrator({ env: tooMuch })).ensure(MODEL)).rejects.toMatchObject({
      code: 'NO_SPACE',
      details: { bytes_needed: 4000 * TIB + 5 },
    });
  });

  it('10.4 a pinned model is not removed before it is unpinned', async () => {
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL);
    await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({ code: 'CONCURRENT_MODIFICATION', reason: 'model_pinned' });
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    await orchestrator.unpinModel(MODEL);
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true });
  });

  it('10.6 the message says how much is needed, there and short, and what to do', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const ran = await world.cli(['models', 'ensure', MODEL, '--json'], tooMuch);
    const { error } = ran.json();
    expect(ran.code).toBe(6);
    expect(error.code).toBe('NO_SPACE');
    const { bytes_needed: needed, bytes_available: available, shortfall } = error.details as Record<string, number>;
    expect(needed).toBe(4000 * TIB + 500_002);
    expect(shortfall).toBe(Number(needed) - Number(available));
    expect(available).toBeGreaterThan(0);
    expect(error.message).toMatch(/t2v-tiny@2\.2\.0 needs 3\.9 PiB .*, \S+ \S+ are available: 3\.9 PiB short/);
    expect(error.hint).toContain('wan models gc');
    expect((await world.cli(['models', 'ensure', MODEL], tooMuch)).stderr).toMatch(/^error: NO_SPACE .*\nhint: .*wan models gc/m);
  });

  it('10.7 what could go is named with its sizes; where nothing could, that is said', async () => {
    const world = await modelFixture({
      models: { [MODEL]: { files, sources: ['http'] }, 'other@1.0.0': { files: { 'a.bin': seeded(300_000, 2) }, sources: ['http'] } },
    });
    const hintOf = async () => (await world.cli(['models', 'ensure', MODEL, '--json'], tooMuch)).json().error.hint;
    expect(await hintOf()).toContain('`wan models du` finds nothing here that could go');
    expect((await world.cli(['models', 'ensure', 'other@1.0.0'])).code).toBe(0);
    expect(await hintOf()).toMatch(
      /`wan models du` finds 30\d KiB of models that are not pinned; garbage collection could not free enough: 1 used a short while ago/,
    );
  });
});
