import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';
import { checkBoth, filesIn, otherVolume } from '../support/tier-world.ts';

const MIB = 1024 * 1024;
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

async function smallDisk(sizeBytes: number): Promise<string> {
  const mount = await tempDir();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', mount]);
  if (mounted.status !== 0) throw new Error(`cannot mount a tmpfs: ${mounted.stderr}`);
  onTestFinished(() => void spawnSync('umount', ['-l', mount]));
  return mount;
}

describe('wan models tier', () => {
  it('moves, shows, brings back and clears', async () => {
    const tier = await otherVolume();
    const world = await modelFixture({ files: { 'a.bin': seeded(200_000, 1), 'b.txt': 'x' }, env: { WAN_TIERS: `cold=${tier}` } });
    await world.cli(['models', 'ensure', MODEL]);
    const dry = await world.cli(['models', 'tier', 'move', MODEL, '--to', 'cold', '--dry-run']);
    expect(dry.stdout).toContain(`${MODEL} to cold: would write 195 KiB at most, and give 195 KiB back`);
    const moved = await world.cli(['models', 'tier', 'move', MODEL, '--to', 'cold', '--json']);
    expect(moved.json()).toMatchObject({
      schema: 'wan.models.tier/v1',
      ok: true,
      data: { action: 'move', results: [{ ref: MODEL, to: 'cold', done: true, written_bytes: 200_001 }] },
    });
    const status = await world.cli(['models', 'status']);
    expect(status.stdout).toMatch(/NOT_PRESENT \(in cold\)/);
    expect((await world.cli(['models', 'list'])).stdout).toMatch(/TIER.*\n.*cold/);
    expect((await world.cli(['models', 'plan', MODEL, '--json'])).json()).toMatchObject({
      data: { fetch_bytes: 0, results: [{ copy_bytes: 200_001 }] },
    });
    const shown = await world.cli(['models', 'tier', 'status', '--verify']);
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout).toContain('195 KiB read in the tiers');
    expect((await world.cli(['models', 'tier', 'drop', MODEL])).stderr).toContain('is the only one');
    expect((await world.cli(['models', 'rm', MODEL])).stdout).toContain(`${MODEL} is not here; its copy in cold stays`);
    const back = await world.cli(['models', 'tier', 'move', MODEL, '--to', 'fast']);
    expect(back.stdout, back.stderr).toContain(`${MODEL} to fast: 195 KiB written, 195 KiB given back`);
    expect(await filesIn(tier)).toEqual(['TIER.json']);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('does not say that all is well where a tier could not be verified', async () => {
    const tier = await otherVolume();
    const world = await modelFixture({ files: { 'a.bin': seeded(200_000, 1) } });
    const status = (tiers: string, ...more: string[]) =>
      world.cli(['models', 'tier', 'status', '--verify', ...more], { WAN_TIERS: tiers, WAN_OFFLINE: '1' });
    const env = { WAN_TIERS: `cold=${tier}` };
    await world.cli(['models', 'ensure', MODEL]);
    expect((await world.cli(['models', 'tier', 'move', MODEL, '--to', 'cold'], env)).code).toBe(0);
    expect((await status(`renamed=${tier}`, '--json')).json()).toMatchObject({
      ok: true,
      data: { models: [{ tier: 'cold', faults: [] }] },
    });
    for (const [tiers, says] of [
      ['', 'no tier of this name is configured'],
      [`other=${tier}-2`, 'no tier of this name is configured'],
      [`cold=${tier}-2`, 'TIER.json'],
      ['cold=s3://no-such-bucket-of-mine/x', 'cannot be reached with --offline'],
    ] as const) {
      const ran = await status(tiers);
      expect(ran.code, tiers).toBe(4);
      expect(ran.stdout).toContain(`${MODEL} was not verified in cold`);
      expect(ran.stderr + ran.stdout).toContain(says);
      expect((await status(tiers, '--json')).json()).toMatchObject({
        ok: false,
        error: { code: 'SOURCE_UNAVAILABLE', reason: 'tier_absent', details: { tier: 'cold', refs: [MODEL] } },
        data: { models: [{ ref: MODEL, not_verified: expect.stringContaining(says) }] },
      });
    }
  });

  it.each([
    [['tier'], 'status|move|drop'],
    [['tier', 'mvoe'], 'did you mean `move`?'],
    [['tier', 'move', MODEL], 'write `wan models tier move REF --to NAME`'],
    [['tier', 'move', MODEL, '--policy'], 'write `wan models tier move --policy` alone'],
    [['tier', 'drop', MODEL, '--to', 'cold'], 'wan models tier --help'],
  ])('says what is wrong with %j', async (words, says) => {
    const world = await modelFixture({ files: { 'a.bin': 'x' } });
    const ran = await world.cli(['models', ...words]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(says);
  });

  it('by two processes at once moves once, and both end well', async () => {
    const tier = await otherVolume();
    const world = await modelFixture({ files: { 'a.bin': seeded(3 * MIB, 1) }, env: { WAN_TIERS: `cold=${tier}` } });
    await world.cli(['models', 'ensure', MODEL]);
    const args = ['models', 'tier', 'move', MODEL, '--to', 'cold', '--json'];
    const ran = await Promise.all([world.cli(args), world.cli(args), world.cli(['models', 'ensure', MODEL, '--offline'])]);
    expect(
      ran.map(({ code }) => code),
      ran.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    ).toEqual([0, 0, 0]);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
    expect((await world.cli(['models', 'ensure', MODEL, '--offline'])).code).toBe(0);
  });
});

describe.skipIf(!canMount && process.env.CI === undefined)(
  `a tier that is full${canMount ? '' : ' (needs root on Linux to mount a tmpfs)'}`,
  () => {
    it.each(['off', 'zstd'])('gives NO_SPACE, and the model stays here (compression %s)', async (compress) => {
      const tier = join(await smallDisk(4 * MIB), 'cold');
      const world = await modelFixture({ files: { 'a.bin': seeded(2 * MIB, 1), 'b.bin': seeded(3 * MIB, 2) } });
      await writeFile(join(world.directory, 'tiers.toml'), `[tiers.cold]\npath = "${tier}"\ncompress = "${compress}"\n`);
      const env = { WAN_CONFIG: join(world.directory, 'tiers.toml') };
      await world.cli(['models', 'ensure', MODEL]);
      const ran = await world.cli(['models', 'tier', 'move', MODEL, '--to', 'cold', '--json'], env);
      expect(ran.code, ran.stdout).toBe(6);
      expect(ran.json().data).toMatchObject({ results: [{ error: { code: 'NO_SPACE' } }] });
      expect(existsSync(world.modelDir())).toBe(true);
      expect((await world.cli(['models', 'check', MODEL])).code).toBe(0);
      expect(await filesIn(tier, 'tmp')).toEqual([]);
      expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
    });
  },
);
