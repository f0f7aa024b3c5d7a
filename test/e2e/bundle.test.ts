/** Bundles by the built command: what people see, kills, full disks, two at once, and bundles that somebody made to do harm. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seededRandom } from '../chaos/chaos-model.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';
import { uploadModel } from '../support/upload-model.ts';

const MIB = 2 ** 20;
const LORA = 'my-lora@1.0.0';
const files = { 'model_index.json': '{}', 'a.bin': seeded(9 * MIB, 1), 'b.bin': seeded(5 * MIB + 77, 2) };

interface There {
  readonly root: string;
  readonly env: Record<string, string>;
}

async function bundled(extra: readonly string[] = []): Promise<{ world: ModelWorld; bundle: string }> {
  const world = await modelFixture({ files });
  await world.cli(['models', 'ensure', MODEL, '-q']);
  const bundle = join(world.directory, 'out.wanb');
  const ran = await world.cli(['models', 'bundle', 'create', MODEL, '--out', bundle, ...extra, '--json']);
  expect(ran.json()).toMatchObject({ ok: true, data: { action: 'create', written: true } });
  return { world, bundle };
}

async function there(root?: string): Promise<There> {
  const directory = root ?? join(await tempDir(), 'root');
  return { root: directory, env: { MODELS_ROOT: directory } };
}

const apply = (world: ModelWorld, bundle: string, { env }: There, ...extra: string[]) =>
  world.cli(['models', 'bundle', 'apply', bundle, '--offline', '--json', ...extra], env);

const isComplete = async (world: ModelWorld, { env }: There): Promise<boolean> =>
  (await world.cli(['models', 'check', MODEL], env)).code === 0;

describe('wan models bundle', () => {
  it('create, inspect and apply tell the same checksum, and end with a model that is proven', async () => {
    const { world, bundle } = await bundled();
    const again = await world.cli(['models', 'bundle', 'create', MODEL, '--out', bundle, '--json']);
    expect(again.json().data).toMatchObject({ written: false });
    const inspected = await world.cli(['models', 'bundle', 'inspect', bundle], { MODELS_ROOT: undefined, WAN_MODELS_MANIFEST: undefined });
    const checksum = String(again.json().data.checksum);
    expect(inspected.stdout).toContain(`checksum  ${(checksum.match(/.{8}/g) ?? []).join(' ')}`);
    expect(inspected.stdout).toMatch(/t2v-tiny@2\.2\.0\s+3\s+14\.0 MiB/);
    const far = await there();
    expect((await apply(world, bundle, far, '--verify-only')).json().data).toMatchObject({ action: 'verify', checksum });
    expect(existsSync(far.root)).toBe(false);
    const ran = await apply(world, bundle, far);
    expect(ran.json().data).toMatchObject({ action: 'apply', adopted_bytes: 14 * MIB + 79, present_bytes: 0, checksum });
    expect(await isComplete(world, far)).toBe(true);
    expect(await checkInvariants(far.root)).toEqual([]);
  });

  it('applies with a manifest of its own where there is none', async () => {
    const { world, bundle } = await bundled();
    const directory = await tempDir();
    const far = await there();
    const env = { ...far.env, WAN_MODELS_MANIFEST: undefined, PWD: directory };
    const out = join(directory, 'models.toml');
    rmSync(world.manifestPath);
    const ran = await world.cli(['models', 'bundle', 'apply', bundle, '--manifest-out', out, '--offline'], env);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`${out} has now ${MODEL}`) });
    expect((await world.cli(['models', 'check', MODEL, '--manifest', out], far.env)).code).toBe(0);
  });

  it('says what is wrong with a command line', async () => {
    const world = await modelFixture({ files });
    expect(await world.cli(['models', 'bundle', 'crate', MODEL])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean `create`?'),
    });
    expect((await world.cli(['models', 'bundle', 'create', MODEL])).stderr).toContain('--out');
    expect((await world.cli(['models', 'bundle', 'inspect', 'x', '--part-size', '1G'])).stderr).toContain('has no option --part-size');
    expect((await world.cli(['models', 'bundle', 'inspect', 'x', '--json'])).json().error).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });
});

describe('a bundle that is cut short', () => {
  it.each([
    ['one file', []],
    ['parts', ['--part-size', '1M']],
  ])('in its making (%s) is finished by the next run, the same to the byte', async (_, extra) => {
    const { world, bundle } = await bundled(extra);
    const out = join(world.directory, 'killed');
    const args = ['models', 'bundle', 'create', MODEL, '--out', out, ...extra, '--json'];
    const kills: number[] = [];
    for (let round = 0; round < 12; round++) {
      const { child, ended } = world.start(args);
      const staged = `${out}.partial`;
      while (child.exitCode === null && heldIn(staged) <= (kills.at(-1) ?? 0)) await sleep(1);
      child.kill('SIGKILL');
      await ended;
      if (existsSync(out)) break;
      kills.push(heldIn(staged));
    }
    expect(kills.some((bytes) => bytes > 0)).toBe(true);
    const last = await world.cli(args);
    expect(last.code).toBe(0);
    expect(existsSync(`${out}.partial`)).toBe(false);
    expect(contentOf(out)).toBe(contentOf(bundle));
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('in its making, and damaged then, is mended by the next run', async () => {
    const { world, bundle } = await bundled();
    const whole = readFileSync(bundle);
    rmSync(bundle);
    const held = Buffer.from(whole.subarray(0, 11 * MIB));
    held[4 * MIB] = (held[4 * MIB] ?? 0) ^ 1;
    writeFileSync(`${bundle}.partial`, held);
    const ran = await world.cli(['models', 'bundle', 'create', MODEL, '--out', bundle, '--json']);
    expect(Number(ran.json().data.resumed_bytes)).toBeLessThan(4 * MIB);
    expect(readFileSync(bundle).equals(whole)).toBe(true);
  });

  it('by two at once is written by one of them', async () => {
    const { world, bundle } = await bundled();
    const out = join(world.directory, 'two');
    const ran = await Promise.all([1, 2].map(() => world.cli(['models', 'bundle', 'create', MODEL, '--out', out, '--json'])));
    expect(ran.some(({ code }) => code === 0)).toBe(true);
    // Who came while the other wrote is told so; who came later finds it.
    for (const one of ran) if (one.code !== 0) expect(one.json().error).toMatchObject({ reason: expect.stringMatching(/output_locked/) });
    expect(contentOf(out)).toBe(contentOf(bundle));
    expect(existsSync(`${out}.partial`)).toBe(false);
  });

  it('in its making by a disk without room is told of before a byte is written', async () => {
    const { world } = await bundled();
    const mount = await tempDir();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'wan', mount]).status !== 0) return expect(process.getuid?.()).not.toBe(0);
    try {
      const ran = await world.cli(['models', 'bundle', 'create', MODEL, '--out', join(mount, 'x'), '--json']);
      expect(ran.code).toBe(6);
      expect(ran.json().error).toMatchObject({ code: 'NO_SPACE', details: { bytes_available: 12 * MIB } });
    } finally {
      execFileSync('umount', [mount]);
    }
  });

  it('in its application is finished by the next run', async () => {
    const { world, bundle } = await bundled(['--part-size', '3M']);
    const far = await there();
    let killed = 0;
    for (let round = 0; round < 8; round++) {
      const { child, ended } = world.start(['models', 'bundle', 'apply', bundle], { ...far.env, WAN_LIMIT_RATE: '30M' });
      await sleep(180 + 60 * round);
      if (child.kill('SIGKILL')) killed += 1;
      await ended;
      expect((await checkInvariants(far.root)).filter(({ invariant }) => invariant !== 9)).toEqual([]);
    }
    expect(killed).toBeGreaterThan(2);
    expect((await apply(world, bundle, far)).json()).toMatchObject({ ok: true });
    expect(await isComplete(world, far)).toBe(true);
    expect(await checkInvariants(far.root)).toEqual([]);
  });

  it('applied by two at once costs each byte once', async () => {
    const { world, bundle } = await bundled();
    const far = await there();
    const ran = await Promise.all([apply(world, bundle, far), apply(world, bundle, far)]);
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    const moved = ran.map((one) => Number(one.json().data.adopted_bytes));
    expect((moved[0] ?? 0) + (moved[1] ?? 0)).toBe(14 * MIB + 79);
    expect(await isComplete(world, far)).toBe(true);
    expect(await checkInvariants(far.root)).toEqual([]);
  });

  it('of an uploaded model, killed at seeded moments and applied by two at once, ends as one model of the registry there', async () => {
    const world = await modelFixture({ files: { 'model_index.json': '{}' } });
    await using here = await world.orchestrator();
    await uploadModel(here, LORA, { files: { 'lora.bin': new Uint8Array(seeded(6 * MIB, 4).read(0, 6 * MIB)) }, tags: ['style'] });
    const bundle = join(world.directory, 'lora.wanb');
    expect((await world.cli(['models', 'bundle', 'create', LORA, '--out', bundle])).code).toBe(0);
    expect((await world.cli(['models', 'bundle', 'inspect', bundle])).stdout).toMatch(/IN NO MANIFEST[\s\S]*my-lora@1\.0\.0 .* style/);
    const far = await there();
    const random = seededRandom(7);
    let kills = 0;
    for (let round = 0; round < 8; round++) {
      const { child, ended } = world.start(['models', 'bundle', 'apply', bundle], far.env);
      // From the first thing that it writes on, at some of the next ones.
      while (child.exitCode === null && !existsSync(join(far.root, 'STORE.json'))) await sleep(1);
      await sleep(random() * 120);
      if (child.exitCode === null && child.kill('SIGKILL')) kills += 1;
      await ended;
      expect((await checkInvariants(far.root)).filter(({ invariant }) => invariant !== 9)).toEqual([]);
      if (round % 3 === 2) rmSync(far.root, { recursive: true });
    }
    expect(kills).toBeGreaterThan(0);
    const ran = await Promise.all([apply(world, bundle, far), apply(world, bundle, far)]);
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect((await world.cli(['models', 'check', LORA], far.env)).code).toBe(0);
    const noted = JSON.parse(readFileSync(join(far.root, '.state', 'registry', 'models.json'), 'utf8')) as { models: object };
    expect(noted.models).toMatchObject({ [LORA]: { custom: true, tags: ['style'], revision: 1 } });
    for (const root of [far.root, world.modelsRoot]) expect(await checkInvariants(root)).toEqual([]);
  });

  it('that does not fit is refused with the numbers, and a disk that fills up keeps what came', async () => {
    const { world, bundle } = await bundled();
    const mount = await tempDir();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'wan', mount]).status !== 0) return expect(process.getuid?.()).not.toBe(0);
    try {
      const far = await there(mount);
      const refused = await apply(world, bundle, far);
      expect(refused.code).toBe(6);
      expect(refused.json().error).toMatchObject({ code: 'NO_SPACE', details: { bytes_needed: 14 * MIB + 79 } });
      writeFileSync(join(mount, 'someone'), '');
      execFileSync('mount', ['-o', 'remount,size=18m', mount]);
      // Grows while we write: the reservation was right when it was made.
      const { ended } = world.start(['models', 'bundle', 'apply', bundle, '--json'], { ...far.env, WAN_LIMIT_RATE: '8M' });
      await sleep(700);
      writeFileSync(join(mount, 'someone'), Buffer.alloc(8 * MIB, 1));
      expect((await ended).json().error).toMatchObject({ code: 'NO_SPACE' });
      rmSync(join(mount, 'someone'));
      expect((await apply(world, bundle, far)).json()).toMatchObject({ ok: true });
      expect(await checkInvariants(far.root)).toEqual([]);
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});

const heldIn = (path: string): number => {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0), 0);
};

function contentOf(path: string): string {
  const sum = createHash('sha256');
  const names = statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [path];
  for (const name of names) sum.update(readFileSync(name));
  return sum.digest('hex');
}
