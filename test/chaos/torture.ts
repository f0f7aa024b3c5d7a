/**
 * Everything at once, from several processes, many of them killed: ensure, gc, rm, pin, verify, import, repair, exec. While it goes on a pinned model must
 * never miss a byte, and neither must one that a command uses; whoever is not killed ends as it may; at the end nothing is wrong or left over.
 */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { type ModelWorld, modelFixture, type Ran } from '../support/model-fixture.ts';
import { seededRandom } from './chaos-model.ts';

export interface TortureOptions {
  readonly seconds: number;
  readonly processes: number;
  readonly seed: number;
}

export interface TortureReport {
  readonly runs: number;
  readonly kills: number;
  /** By verb: how many ended by themselves. */
  readonly ended: Readonly<Record<string, number>>;
}

const KEPT = 'kept-torture@1.0.0';
const OTHERS = ['a-torture@1.0.0', 'b-torture@1.0.0', 'c-torture@1.0.0'] as const;
/** In every model: whoever frees it wrongly is seen by all. */
const SHARED = { 'text_encoder/model.safetensors': seeded(700_000, 1), 'model_index.json': '{}' };
const OPEN = 'vae/open.bin';
const KILLED = 0.3;
const KILL_WITHIN_MS = 700;

interface Action {
  readonly verb: string;
  readonly args: readonly string[];
  /** Exit statuses that are right whatever the others do. */
  readonly may: readonly number[];
  readonly check?: (ran: Ran) => void;
}

type Pick = <T>(from: readonly T[]) => T;

export async function torture({ seconds, processes, seed }: TortureOptions): Promise<TortureReport> {
  const world = await tortureWorld();
  const random = seededRandom(seed);
  const pick: Pick = (from) => from[Math.floor(random() * from.length)] as (typeof from)[number];
  const endsAt = Date.now() + seconds * 1000;
  const ended: Record<string, number> = {};
  let [runs, kills] = [0, 0];
  expect((await world.cli(['models', 'pin', KEPT])).code).toBe(0);
  expect((await world.cli(['models', 'ensure', KEPT])).code).toBe(0);
  const lane = async (): Promise<void> => {
    while (Date.now() < endsAt) {
      const action = chooseAction(pick, world.folder());
      const { child, ended: end } = world.start(action.args, { WAN_TRASH_TTL: pick(['0', '1s', '1h']) });
      runs++;
      const killTimer = random() < KILLED ? setTimeout(() => child.kill('SIGKILL'), random() * KILL_WITHIN_MS) : undefined;
      const ran = await end;
      clearTimeout(killTimer);
      if (ran.signal === 'SIGKILL') kills++;
      else {
        expect(action.may, `${action.args.join(' ')} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`).toContain(ran.code);
        action.check?.(ran);
        ended[action.verb] = (ended[action.verb] ?? 0) + 1;
      }
    }
  };
  await Promise.all([...Array.from({ length: processes }, lane), watchKept(world, endsAt)]);
  await checkEnd(world);
  return { runs, kills, ended };
}

async function tortureWorld(): Promise<ModelWorld> {
  const model = (index: number) => ({
    files: {
      ...SHARED,
      'transformer/own.safetensors': seeded(300_000, 10 + index),
      'vae/pair.bin': seeded(100_000, 20 + (index >> 1)),
      // Its digest is known to nobody before its bytes are here.
      [OPEN]: { content: seeded(50_000, 30 + index), keys: { sha256: null } },
    },
    // The folder is for import: nobody gets as far as to ask it.
    sources: ['http', 'local'],
  });
  const models = Object.fromEntries([KEPT, ...OTHERS].map((id, index) => [id, model(index)]));
  // Nothing is spared for being young: what is kept, is kept by what holds it.
  return modelFixture({ models, env: { WAN_GC_GRACE: '0', WAN_LOCK_TIMEOUT: '60s' } });
}

function chooseAction(pick: Pick, folder: string): Action {
  const ref = pick(OTHERS);
  return pick<() => Action>([
    () => ({ verb: 'ensure', args: ['models', 'ensure', ref, '--json', '--progress', 'none'], may: [0] }),
    () => ({ verb: 'ensure', args: ['models', 'ensure', ref, KEPT, '--json', '--progress', 'none'], may: [0] }),
    () => ({ verb: 'exec', args: ['models', 'exec', ref, '--progress', 'none', '--', 'sh', '-c', USE], may: [0], check: checkUse(ref) }),
    () => ({ verb: 'exec', args: ['models', 'exec', ref, '--progress', 'none', '--', 'sh', '-c', USE], may: [0], check: checkUse(ref) }),
    () => ({ verb: 'gc', args: ['models', 'gc', '--older-than', '1ms', '-y', '--json'], may: [0] }),
    () => ({ verb: 'gc', args: ['models', 'gc', '--max-size', '1500K', '-y', '--json'], may: [0, 6] }),
    () => ({ verb: 'gc', args: ['models', 'gc', '--free', '1000T', '-y', '--json'], may: [6] }),
    () => ({ verb: 'gc', args: ['models', 'gc', '--purge', '-y', '--json'], may: [0] }),
    () => ({ verb: 'rm', args: ['models', 'rm', ref, '--json'], may: [0, 7] }),
    () => ({ verb: 'rm', args: ['models', 'rm', KEPT, '--json'], may: [7] }),
    () => ({ verb: 'pin', args: ['models', 'pin', ref, '--until', '2s', '--json'], may: [0] }),
    () => ({ verb: 'unpin', args: ['models', 'unpin', ref, '--json'], may: [0] }),
    () => ({ verb: 'verify', args: ['models', 'verify', KEPT, '--json', '--progress', 'none'], may: [0] }),
    () => ({ verb: 'verify', args: ['models', 'verify', ref, '--json', '--progress', 'none'], may: [0, 5, 9], check: noWrongBytes }),
    () => ({
      verb: 'import',
      args: ['models', 'import', '--from', 'folder', folder, ref, '--json', '--progress', 'none'],
      may: [0, 10],
      check: onlyOpenMisses,
    }),
    () => ({ verb: 'repair', args: ['models', 'repair', KEPT, '--json', '--progress', 'none'], may: [0] }),
    () => ({ verb: 'du', args: ['models', 'du', '--json'], may: [0] }),
  ])();
}

/** Reads the whole model, twice, with a while between: what was there first is there last. */
const USE = 'cd "$WAN_MODEL_PATH" && cat model_index.json */* | sha256sum && sleep 0.2 && cat model_index.json */* | sha256sum';

const checkUse = (ref: string) => (ran: Ran) => {
  const [first, second, ...rest] = ran.stdout.trim().split('\n');
  expect([first, rest], `${ref}: what a command read of it`).toEqual([second, []]);
  expect(first).toMatch(/^[0-9a-f]{64} /);
};

/** An import knows files by their digests. */
function onlyOpenMisses(ran: Ran): void {
  const { data } = ran.json<{ data: { models: { missing_files: string[] }[] } }>();
  const missing = data.models.flatMap((model) => model.missing_files);
  expect(missing).toEqual(ran.code === 0 ? [] : missing.map(() => OPEN));
}

/** A model may be gone; what is there is right. */
function noWrongBytes(ran: Ran): void {
  const { data } = ran.json<{ data?: { results: { files?: { fault?: string }[] }[] } }>();
  const faults = (data?.results ?? []).flatMap(({ files = [] }) => files.flatMap(({ fault }) => fault ?? []));
  expect(faults.filter((fault) => fault === 'digest' || fault === 'size')).toEqual([]);
}

/** The pinned model is there, whole, at every moment. */
async function watchKept(world: ModelWorld, endsAt: number): Promise<void> {
  const directory = world.modelDir(KEPT);
  const index = join(directory, 'model_index.json');
  while (Date.now() < endsAt) {
    expect(existsSync(directory), 'the pinned model').toBe(true);
    expect(statSync(join(directory, 'text_encoder', 'model.safetensors')).size).toBe(700_000);
    expect(readFileSync(index, 'utf8')).toBe('{}');
    await sleep(5);
  }
}

/** Nobody works any more: whatever was left is mended by the next commands, and every byte is accounted for. */
async function checkEnd(world: ModelWorld): Promise<void> {
  expect(await checkInvariants(world.modelsRoot), 'at once').toEqual([]);
  await using orchestrator = await world.orchestrator({ env: { WAN_TRASH_TTL: '0' } });
  for (const id of [KEPT, ...OTHERS]) {
    await orchestrator.unpinModel(id);
    await orchestrator.ensure(id);
    expect((await orchestrator.verifyIntegrity(id)).ok, id).toBe(true);
  }
  expect(await checkInvariants(world.modelsRoot), 'once mended').toEqual([]);
  ageRecords(join(world.modelsRoot, '.tmp'));
  expect(quarantined(world.modelsRoot), 'nothing was ever wrong here').toEqual([]);
  const report = await orchestrator.gc({ olderThanMs: 0, purge: true });
  expect(report.items.filter(({ action }) => action === 'keep')).toEqual([]);
  const { classes } = await orchestrator.diskUsage();
  const left = classes.filter(({ byteClass, fileCount }) => byteClass !== 'state' && byteClass !== 'quarantine' && fileCount > 0);
  expect(left, 'nothing is left over').toEqual([]);
}

/** What was kept as bad, and whether it is. */
function quarantined(root: string): string[] {
  const folder = join(root, '.quarantine');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => {
    const isRight = name.startsWith(hash('sha256', readFileSync(join(folder, name))));
    return `${name}: ${isRight ? 'right' : 'wrong'} bytes`;
  });
}

/** A record that a killed process was writing is left alone for an hour: here that is over. */
function ageRecords(directory: string): void {
  const anHourAgo = Date.now() / 1000 - 4000;
  for (const name of readdirSync(directory).filter((one) => one.endsWith('.rec'))) utimesSync(join(directory, name), anHourAgo, anHourAgo);
}
