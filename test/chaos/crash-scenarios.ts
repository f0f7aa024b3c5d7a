/** What is under way when the machine stops, and what must hold after it: the worlds of the crash-point and disk-fault tests. */
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import type { ModelOrchestrator } from '../../src/orchestrator/api.ts';
import { readStoreId } from '../../src/store/open-store.ts';
import { type Content, seeded } from '../servers/http/fault-server.ts';
import { flipBit } from '../support/flip-bit.ts';
import { type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { storeContextOf } from '../support/test-store.ts';
import { checkBoth, filesIn } from '../support/tier-world.ts';
import { uploadModel } from '../support/upload-model.ts';

export const SUBJECT = 't2v-crash@2.2.0';
/** Shares the largest file with the subject, and must never suffer. */
export const BYSTANDER = 'i2v-crash@2.2.0';
const SHARED = 'transformer/a.safetensors';
const SHARED_BYTES = 400_000;
/** Folder of the tier, beside the root. */
const TIER = 'cold-tier';
const HOUR_MS = 3_600_000;

/** A world that is used for one point after another. */
export interface CrashWorld {
  readonly world: ModelWorld;
  readonly orchestrator: ModelOrchestrator;
  readonly root: string;
}

export interface Scenario {
  readonly name: string;
  /** What is there before. */
  readonly prepare: (crash: CrashWorld) => Promise<void>;
  readonly args: readonly string[];
  /** What it changes lies not only in the root. */
  readonly inTier?: boolean;
  /** Besides the fault itself: what makes the command go this way. */
  readonly inject?: readonly string[];
  readonly bystander: boolean;
  /** A file is bad that no mark names yet: until it is mended, its digest is wrong. */
  readonly rotten?: boolean;
  /** A record of a snapshot is lost: until it is rebuilt, that snapshot counts for nothing. */
  readonly unrecorded?: boolean;
  /** What mending may fetch; default: what status says is needed. */
  readonly refetchBytes?: number;
  /** The same command again, in this process, and what must be true of its outcome. */
  readonly again: (crash: CrashWorld, refetchBytes: number) => Promise<void>;
}

/** Two pieces twice under one digest, no bytes at all, and a part that a first selection leaves out. */
export async function crashWorld(): Promise<CrashWorld> {
  const shared = seeded(SHARED_BYTES, 1);
  const world = await modelFixture({
    models: {
      [SUBJECT]: { files: { [SHARED]: shared, 'transformer/b.safetensors': shared, 'empty.txt': '' }, sources: ['http'] },
      [BYSTANDER]: { files: { [SHARED]: shared, 'vae/c.bin': seeded(3000, 2) }, sources: ['http'] },
    },
    env: { WAN_TIERS: `cold=${TIER}` },
  });
  return { world, orchestrator: await world.orchestrator(), root: world.modelsRoot };
}

const open = (content: Content) => ({ content, keys: { sha256: null } });

const json = (verb: string): readonly string[] => ['models', verb, SUBJECT, '--json'];

const ensureAgain = async ({ orchestrator, world }: CrashWorld, refetchBytes: number): Promise<void> => {
  const before = world.server('http').sentBytes();
  await orchestrator.ensure(SUBJECT);
  expect(world.server('http').sentBytes() - before, 'bytes that were held are not fetched again').toBeLessThanOrEqual(refetchBytes);
  const verified = await orchestrator.verifyIntegrity(SUBJECT);
  expect({ ok: verified.ok, extraFiles: verified.extraFiles }).toEqual({ ok: true, extraFiles: [] });
};

const removeAgain = async ({ orchestrator, root }: CrashWorld): Promise<void> => {
  await orchestrator.remove(SUBJECT);
  expect((await orchestrator.status(SUBJECT)).state).not.toBe('COMPLETE');
  expect(existsSync(join(root, 'wan22', SUBJECT))).toBe(false);
  expect(blobSizes(root), 'only what the other model uses is left').toEqual([3000, SHARED_BYTES]);
};

/** Both are here, and the subject was not used for two hours. */
const idle = async (crash: CrashWorld): Promise<void> => {
  await both(crash);
  const then = (Date.now() - 2 * HOUR_MS) / 1000;
  utimesSync(join(crash.root, '.state', 'access', `wan22@${SUBJECT}`), then, then);
};

const purgeAgain = async ({ orchestrator, root }: CrashWorld): Promise<void> => {
  await orchestrator.gc({ olderThanMs: HOUR_MS, purge: true });
  expect(existsSync(join(root, 'wan22', SUBJECT))).toBe(false);
  expect(blobSizes(root), 'only what the other model uses is left').toEqual([3000, SHARED_BYTES]);
};

const trashAgain = async (crash: CrashWorld): Promise<void> => {
  const { orchestrator, root } = crash;
  await orchestrator.gc({ olderThanMs: HOUR_MS });
  expect(existsSync(join(root, 'wan22', SUBJECT))).toBe(false);
  expect(await checkInvariants(root), 'in the trash').toEqual([]);
  await ensureAgain(crash, 0);
  await orchestrator.gc({ purge: true });
  expect(await orchestrator.verifyIntegrity(SUBJECT)).toMatchObject({ ok: true });
};

const both = async ({ orchestrator }: CrashWorld): Promise<void> => {
  await orchestrator.ensure(BYSTANDER);
  await orchestrator.ensure(SUBJECT);
};

const rot = async (crash: CrashWorld): Promise<void> => {
  await both(crash);
  flipBit(join(crash.root, 'wan22', SUBJECT, SHARED), 12_345);
};

const growing: Omit<Scenario, 'name'> = {
  bystander: false,
  args: json('ensure'),
  prepare: async ({ orchestrator }) => void (await orchestrator.ensure(SUBJECT, { include: ['empty.txt', 'transformer/b.safetensors'] })),
  again: ensureAgain,
};

export const tierOf = ({ world }: CrashWorld): string => join(world.directory, TIER);

const inTier = async (crash: CrashWorld): Promise<void> => {
  await rm(tierOf(crash), { recursive: true, force: true });
  await both(crash);
  await crash.orchestrator.moveToTier(SUBJECT, { to: 'cold' });
};

/** At any time the model is whole here, or whole there and known to be: no source is needed. */
const backFromTier = async ({ orchestrator, root, ...crash }: CrashWorld): Promise<void> => {
  const { state, tier } = await orchestrator.status(SUBJECT);
  expect(state === 'COMPLETE' || tier === 'cold', `${state}, in tier ${tier}`).toBe(true);
  await orchestrator.ensure(SUBJECT, { offline: true });
  expect((await orchestrator.verifyIntegrity(SUBJECT)).ok).toBe(true);
  expect(await checkBoth(root, tierOf({ orchestrator, root, ...crash }))).toEqual([]);
};

const moveAgain = async (crash: CrashWorld): Promise<void> => {
  await backFromTier(crash);
  await crash.orchestrator.moveToTier(SUBJECT, { to: 'cold' });
  expect(await crash.orchestrator.status(SUBJECT)).toMatchObject({ state: 'NOT_PRESENT', tier: 'cold' });
  expect(await filesIn(tierOf(crash), 'tmp')).toEqual([]);
  await backFromTier(crash);
};

/** Of the root, before it gets another one. */
const firstIds = new WeakMap<CrashWorld, string>();

const tierScenarios = {
  toTier: {
    name: 'a move to a tier beside a model that shares blobs',
    bystander: true,
    inTier: true,
    prepare: async (crash) => {
      await rm(tierOf(crash), { recursive: true, force: true });
      await both(crash);
    },
    args: ['models', 'tier', 'move', SUBJECT, '--to', 'cold', '--json', '--progress', 'none'],
    again: moveAgain,
  },
  fromTier: {
    name: 'an ensure that brings a model back from its tier',
    bystander: true,
    inTier: true,
    prepare: inTier,
    args: [...json('ensure'), '--offline'],
    again: backFromTier,
  },
  renewing: {
    name: 'another id for a root that has something in a tier',
    bystander: true,
    inTier: true,
    prepare: async (crash) => {
      await inTier(crash);
      firstIds.set(crash, readStoreId(storeContextOf(crash.root)) ?? '');
    },
    args: ['models', 'tier', 'new-id', '--json'],
    again: async (crash) => {
      const { storeId, before, counted } = await crash.orchestrator.newTierId();
      expect(counted.map(({ modelId }) => modelId)).toEqual([SUBJECT]);
      // One that was begun is gone on with; a run that came to its end gave an id before this one.
      const isWithinFirst = firstIds.get(crash) === before;
      const owners = namesIn(join(tierOf(crash), 'models'));
      expect(owners, 'who counts on something there').toHaveLength(isWithinFirst ? 2 : 3);
      expect(owners).toEqual(expect.arrayContaining([before, storeId]));
      await backFromTier(crash);
    },
  },
  outOfTier: {
    name: 'a move back that clears the tier',
    bystander: true,
    inTier: true,
    prepare: inTier,
    args: ['models', 'tier', 'move', SUBJECT, '--to', 'fast', '--json', '--progress', 'none'],
    again: async (crash) => {
      await backFromTier(crash);
      const { tier } = await crash.orchestrator.status(SUBJECT);
      if (tier !== undefined) await crash.orchestrator.moveToTier(SUBJECT, { to: 'fast' });
      // Whoever writes to the tier next mends what was cut short there.
      await crash.orchestrator.moveToTier(BYSTANDER, { to: 'cold' });
      await crash.orchestrator.moveToTier(BYSTANDER, { to: 'fast' });
      const left = await filesIn(tierOf(crash));
      if (left.some((file) => file.startsWith('models/'))) await crash.orchestrator.moveToTier(SUBJECT, { to: 'fast' });
      expect(await filesIn(tierOf(crash))).toEqual(['TIER.json']);
    },
  },
} as const satisfies Record<string, Scenario>;

/** Of the subject, and of one that no manifest has and that came to another root by upload. */
const CARRIED = 'carried.wanb';
const UPLOADED = 'lora-crash@1.0.0';
const otherRoot = ({ world }: CrashWorld): string => join(world.directory, 'other-root');

async function carried(crash: CrashWorld): Promise<void> {
  const out = join(crash.world.directory, CARRIED);
  if (existsSync(out)) return;
  const other = await crash.world.orchestrator({ env: { MODELS_ROOT: otherRoot(crash) } });
  await other.ensure(SUBJECT);
  await uploadModel(other, UPLOADED, { files: { 'lora.bin': new Uint8Array(seeded(5000, 3).read(0, 5000)) }, tags: ['style'] });
  await other.createBundle([SUBJECT, UPLOADED], { out });
}

const bundleScenarios = {
  applying: {
    name: 'a bundle of an uploaded model, applied beside a model that shares blobs',
    bystander: true,
    prepare: async (crash) => {
      await carried(crash);
      await crash.orchestrator.ensure(BYSTANDER);
    },
    args: ['models', 'bundle', 'apply', CARRIED, '--json', '--progress', 'none'],
    again: async (crash) => {
      const { orchestrator, world } = crash;
      const applied = await orchestrator.applyBundle(join(world.directory, CARRIED));
      expect(applied.applied.map(({ ref }) => ref.modelId)).toEqual([UPLOADED, SUBJECT]);
      for (const model of [UPLOADED, SUBJECT]) expect((await orchestrator.verifyIntegrity(model)).ok, model).toBe(true);
      expect(await orchestrator.entries()).toMatchObject([{ modelId: UPLOADED, tags: ['style'], revision: 1 }]);
      expect(await orchestrator.applyBundle(join(world.directory, CARRIED))).toMatchObject({ adoptedBytes: 0, registry: { added: [] } });
      expect(await checkInvariants(otherRoot(crash)), 'where it was made').toEqual([]);
    },
  },
} as const satisfies Record<string, Scenario>;

export const SCENARIOS = {
  ...tierScenarios,
  ...bundleScenarios,
  cold: { name: 'a first ensure', bystander: false, prepare: () => Promise.resolve(), args: json('ensure'), again: ensureAgain },
  beside: {
    name: 'an ensure that finds a file of its own in another model',
    bystander: true,
    prepare: async ({ orchestrator }) => void (await orchestrator.ensure(BYSTANDER)),
    args: json('ensure'),
    again: ensureAgain,
  },
  learning: {
    name: 'a first ensure that learns its digests by fetching',
    bystander: false,
    prepare: ({ world }) =>
      world.write({
        [SUBJECT]: { files: { [SHARED]: open(seeded(SHARED_BYTES, 1)), 'vae/c.bin': open(seeded(3000, 2)) }, sources: ['http'] },
      }),
    args: json('ensure'),
    again: ensureAgain,
  },
  growing: { ...growing, name: 'an ensure that exchanges a published model for a larger one' },
  twoRenames: { ...growing, name: 'the same where names cannot be exchanged', inject: ['renameat2:error=EINVAL'] },
  healing: {
    name: 'an ensure that heals a blob of two models',
    bystander: true,
    prepare: async (crash) => {
      await rot(crash);
      expect((await crash.orchestrator.verifyIntegrity(SUBJECT)).ok).toBe(false);
    },
    args: json('ensure'),
    refetchBytes: SHARED_BYTES,
    again: ensureAgain,
  },
  forced: {
    name: 'a forced ensure of a model whose blob another one uses',
    bystander: true,
    prepare: both,
    args: [...json('ensure'), '--force'],
    again: ensureAgain,
  },
  adopting: {
    name: 'an ensure that finds blobs gone and their files there',
    bystander: true,
    prepare: async (crash) => {
      await crash.orchestrator.ensure(BYSTANDER);
      await growing.prepare(crash);
      await rm(join(crash.root, '.blobs'), { recursive: true });
    },
    refetchBytes: 0,
    args: json('ensure'),
    again: ensureAgain,
  },
  removing: { name: 'a removal beside a model that shares blobs', bystander: true, prepare: both, args: json('rm'), again: removeAgain },
  rebuilding: {
    name: 'a rebuild of two models whose state and one record are lost',
    bystander: true,
    prepare: async (crash) => {
      await both(crash);
      await rm(join(crash.root, '.state'), { recursive: true });
      await rm(join(crash.root, 'STORE.json'));
      await rm(join(crash.root, 'wan22', BYSTANDER, '.verified.json'));
    },
    unrecorded: true,
    args: ['models', 'rebuild', '--json'],
    refetchBytes: 0,
    again: async (crash, refetchBytes) => {
      expect(await crash.orchestrator.rebuild()).toMatchObject({ ok: true });
      expect(await checkInvariants(crash.root)).toEqual([]);
      expect((await crash.orchestrator.status(BYSTANDER)).state).toBe('COMPLETE');
      await ensureAgain(crash, refetchBytes);
    },
  },
  repairing: {
    name: 'a repair of a file that two models share',
    bystander: true,
    rotten: true,
    prepare: rot,
    args: json('repair'),
    refetchBytes: SHARED_BYTES,
    again: async ({ orchestrator, world }, refetchBytes) => {
      const before = world.server('http').sentBytes();
      expect(await orchestrator.repair(SUBJECT)).toMatchObject({ ok: true });
      expect(world.server('http').sentBytes() - before).toBeLessThanOrEqual(refetchBytes);
      expect((await orchestrator.verifyIntegrity(SUBJECT)).ok).toBe(true);
    },
  },
  collecting: {
    name: 'a collection that removes a model beside one that shares blobs',
    bystander: true,
    prepare: idle,
    args: ['models', 'gc', '--older-than', '1h', '--purge', '-y', '--json'],
    again: purgeAgain,
  },
  trashing: {
    name: 'a collection that moves a model to the trash',
    bystander: true,
    prepare: idle,
    args: ['models', 'gc', '--older-than', '1h', '-y', '--json'],
    again: trashAgain,
  },
  purging: {
    name: 'a purge of the trash beside a model that shares blobs',
    bystander: true,
    prepare: async (crash) => {
      await idle(crash);
      await crash.orchestrator.gc({ olderThanMs: HOUR_MS });
    },
    args: ['models', 'gc', '--purge', '-y', '--json'],
    again: purgeAgain,
  },
  verifying: {
    name: 'a verification that finds a bad file',
    bystander: true,
    rotten: true,
    prepare: rot,
    args: json('verify'),
    refetchBytes: SHARED_BYTES,
    again: async (crash, refetchBytes) => {
      expect((await crash.orchestrator.verifyIntegrity(SUBJECT)).ok).toBe(false);
      expect((await crash.orchestrator.status(SUBJECT)).state).toBe('CORRUPT');
      await ensureAgain(crash, refetchBytes);
    },
  },
} as const satisfies Record<string, Scenario>;

/** Whatever was cut short: nothing false is on disk, everybody can read it, and the same command mends it. */
export async function checkMended(crash: CrashWorld, scenario: Scenario): Promise<void> {
  const { orchestrator, root } = crash;
  if (!scenario.rotten && !scenario.unrecorded) expect(await checkInvariants(root), 'at once').toEqual([]);
  const { state, bytesNeeded } = await orchestrator.status(SUBJECT);
  expect(state).toBeOneOf(['NOT_PRESENT', 'PARTIAL', 'COMPLETE', 'CORRUPT']);
  await scenario.again(crash, scenario.refetchBytes ?? bytesNeeded);
  expect(await checkInvariants(root), 'once mended').toEqual([]);
  if (scenario.bystander) await checkBystander(crash);
  expect(leftovers(root)).toEqual([]);
}

async function checkBystander({ orchestrator }: CrashWorld): Promise<void> {
  expect((await orchestrator.status(BYSTANDER)).state, 'the other model').toBe('COMPLETE');
  const verified = await orchestrator.verifyIntegrity(BYSTANDER);
  expect({ ok: verified.ok, extraFiles: verified.extraFiles }, 'the other model').toEqual({ ok: true, extraFiles: [] });
}

/** Partials, staging folders, intents, reservations; records of a dead writer stay for an hour, bad bytes for who wants to see them. */
function leftovers(root: string): string[] {
  const folders = ['.tmp', '.trash', '.state/intents', '.state/reservations', '.state/publish', '.state/corrupt'];
  return folders
    .flatMap((folder) => namesIn(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((name) => !name.endsWith('.rec'));
}

function blobSizes(root: string): number[] {
  const folder = join(root, '.blobs', 'sha256');
  const paths = namesIn(folder).flatMap((shard) => namesIn(join(folder, shard)).map((name) => join(folder, shard, name)));
  return paths.map((path) => statSync(path).size).sort((a, b) => a - b);
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
