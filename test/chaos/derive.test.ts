/** Derivations cut short, two at once, and on a disk that is full: the built command. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { readPlain, referenceCast } from '../support/reference-cast.ts';
import { tempDir } from '../support/temp-dir.ts';
import { derivedModel, shardPath } from '../support/tiny-weights.ts';
import { seededRandom } from './chaos-model.ts';
import { type Call, MUTATIONS, traced } from './traced.ts';

const SHARDS = 6;
const BF16 = `${MODEL}@bf16`;
const ENSURE = ['models', 'ensure', BF16, '--json', '--progress', 'none'] as const;

async function world(elements: number, root?: string): Promise<{ world: ModelWorld; model: ReturnType<typeof derivedModel> }> {
  const model = derivedModel({ shards: SHARDS, elements });
  return { model, world: await modelFixture({ ...model, sources: ['http'], ...(root !== undefined && { root }) }) };
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
const recordsIn = (root: string): string[] => namesIn(join(root, '.state', 'derived'));

/** What no success may leave. */
const leftovers = (root: string): string[] =>
  ['.tmp', '.trash', '.quarantine', '.state/intents', '.state/reservations', '.state/publish']
    .flatMap((folder) => namesIn(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((name) => !name.endsWith('.rec'));

function expectRight(made: ModelWorld, model: ReturnType<typeof derivedModel>): void {
  const path = shardPath(SHARDS, SHARDS);
  const output = readFileSync(join(made.modelDir(BF16), path));
  expect(readPlain(output).tensors).toEqual(referenceCast(textOf(model.files[path] as never), 'BF16'));
}

it('killed with SIGKILL at seeded moments, a derivation goes on with the shards that are not done', async () => {
  const { world: made, model } = await world(300_000);
  expect((await made.cli(['models', 'ensure', MODEL, '--json'])).code).toBe(0);
  const random = seededRandom(20261127);
  const root = made.modelsRoot;
  let [kills, between] = [0, 0];
  for (let round = 0; round < 12; round++) {
    const before = new Set(recordsIn(root));
    const { child, ended } = made.start(ENSURE);
    let isOver = false;
    // Every other one dies soon after it has made a shard, the others at any moment.
    const goal = round % 2 === 0 ? before.size + 1 : 0;
    const moment = (async () => {
      while (!isOver && recordsIn(root).length < goal) await sleep(2);
      await sleep(random() * (round % 2 === 0 ? 15 : 600), undefined);
      child.kill('SIGKILL');
    })();
    const { code, signal, stdout } = await ended;
    isOver = true;
    await moment;
    expect(await checkInvariants(root)).toEqual([]);
    for (const name of before) expect(recordsIn(root), 'what was done stays done').toContain(name);
    if (signal !== 'SIGKILL') {
      expect(code, stdout).toBe(0);
      const origins = JSON.parse(stdout).data.results[0].files.map(({ origin }: { origin: string }) => origin);
      expect(origins.filter((origin: string) => origin === 'derived')).toHaveLength(SHARDS + 1 - before.size);
      break;
    }
    kills++;
    if (recordsIn(root).length > 0) between++;
  }
  expect(kills).toBeGreaterThan(1);
  expect(between, 'kills with some shards done').toBeGreaterThan(0);
  expect((await made.cli(ENSURE)).code).toBe(0);
  expectRight(made, model);
  expect(leftovers(root)).toEqual([]);
  expect(await checkInvariants(root)).toEqual([]);
});

it('two processes at once derive each shard once, and both succeed', async () => {
  const { world: made, model } = await world(100_000);
  const runs = await Promise.all([made.cli(ENSURE), made.cli(ENSURE), made.cli(['models', 'ensure', `${MODEL}@fp16`, '--json'])]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  const derived = runs.slice(0, 2).flatMap(({ stdout }) => JSON.parse(stdout).data.results[0].files as { origin: string }[]);
  expect(derived.filter(({ origin }) => origin === 'derived')).toHaveLength(SHARDS + 1);
  expect(made.server('http').sentBytes(), 'two variants of the same input fetch it once').toBe(
    Object.values(model.files).reduce((sum, file) => sum + textOf(file).length, 0),
  );
  expectRight(made, model);
  expect(await checkInvariants(made.modelsRoot)).toEqual([]);
});

const MIB = 1024 * 1024;
/** Mounting needs root on Linux: elsewhere a full disk cannot be had without harm. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!canMount && process.env.CI === undefined)(
  `a derivation on a full disk${canMount ? '' : ' (needs root on Linux to mount a tmpfs)'}`,
  () => {
    async function smallDisk(sizeBytes: number): Promise<string> {
      const mount = await tempDir();
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', mount]);
      if (mounted.status !== 0) throw new Error(`cannot mount a tmpfs: ${mounted.stderr}`);
      onTestFinished(() => void spawnSync('umount', ['-l', mount]));
      return join(mount, 'models');
    }

    it('that has room for the input alone is refused before any byte moves', async () => {
      const { world: made } = await world(350_000, await smallDisk(10 * MIB));
      const run = await made.cli(ENSURE);
      expect([run.code, run.json().error.code]).toEqual([6, 'NO_SPACE']);
      expect(run.json().error.details?.bytes_needed).toBeGreaterThan(12 * MIB);
      expect(made.server('http').requests).toEqual([]);
      expect(await checkInvariants(made.modelsRoot)).toEqual([]);
    });

    it('that has room for the input, but not for the output, is refused; it derives once there is room', async () => {
      const root = await smallDisk(24 * MIB);
      const { world: made, model } = await world(350_000, root);
      expect((await made.cli(['models', 'ensure', MODEL, '--json'])).code).toBe(0);
      const ballast = join(root, '..', 'ballast');
      writeFileSync(ballast, Buffer.alloc(13 * MIB));
      const run = await made.cli(ENSURE);
      expect([run.code, run.json().error.code], run.stdout).toEqual([6, 'NO_SPACE']);
      expect((await made.cli(['models', 'status', BF16, '--json'])).stdout).toContain('"NOT_PRESENT"');
      expect(await checkInvariants(root)).toEqual([]);
      rmSync(ballast);
      expect((await made.cli(ENSURE)).code).toBe(0);
      expectRight(made, model);
      expect(await checkInvariants(root)).toEqual([]);
    });
  },
);

/** Calls of a derivation that change what is on disk of its outputs, each with the place that strace stops it at. */
const ofOutputs = (calls: readonly Call[]): readonly Call[] =>
  calls.filter(({ name, args }) => MUTATIONS.includes(name as never) && /\.tmp\/d-|\.state\/derived|\.blobs\//.test(args));

const some = <T>(count: number, all: readonly T[]): readonly T[] => all.filter((_, index) => index % Math.ceil(all.length / count) === 0);

describeWithReal('a derivation under strace', {
  needs: ['strace'],
  suite: () => {
    async function prepared(): Promise<{ world: ModelWorld; model: ReturnType<typeof derivedModel>; calls: readonly Call[] }> {
      const made = await world(20_000);
      expect((await made.world.cli(['models', 'ensure', MODEL, '--json'])).code).toBe(0);
      const { calls } = await traced(made.world, ENSURE);
      await again(made.world);
      return { ...made, calls: ofOutputs(calls) };
    }

    /** As before the first derivation. */
    async function again(made: ModelWorld): Promise<void> {
      expect((await made.cli(['models', 'rm', BF16, '--json'])).code).toBe(0);
      rmSync(join(made.modelsRoot, '.state', 'derived'), { recursive: true, force: true });
    }

    async function mended(made: ModelWorld, model: ReturnType<typeof derivedModel>): Promise<void> {
      expect(await checkInvariants(made.modelsRoot)).toEqual([]);
      expect((await made.cli(ENSURE)).code).toBe(0);
      expectRight(made, model);
      expect((await made.cli(['models', 'verify', BF16, '--json'])).code).toBe(0);
      expect(leftovers(made.modelsRoot)).toEqual([]);
      expect(await checkInvariants(made.modelsRoot)).toEqual([]);
    }

    it('stopped at calls that change what it makes, it is mended by the next', async () => {
      const { world: made, model, calls } = await prepared();
      expect(calls.length).toBeGreaterThan(8 * SHARDS);
      let kills = 0;
      for (const { name, ordinal } of some(9, calls)) {
        const { signal } = await traced(made, ENSURE, { inject: [`${name}:signal=SIGKILL:when=${ordinal}`] });
        if (signal === 'SIGKILL') kills++;
        await mended(made, model);
        await again(made);
      }
      expect(kills).toBeGreaterThan(5);
    });

    it('whose disk is full at a write says so, keeps nothing false, and goes on later', async () => {
      const { world: made, model, calls } = await prepared();
      const writes = calls.filter(({ name, args }) => name === 'pwrite64' && args.includes('.part'));
      const { name, ordinal } = writes[Math.floor(writes.length / 2)] as Call;
      const run = await traced(made, ENSURE, { inject: [`${name}:error=ENOSPC:when=${ordinal}+`] });
      expect([run.code, JSON.parse(run.stdout).error.code], run.stdout).toEqual([6, 'NO_SPACE']);
      await mended(made, model);
    });
  },
});
