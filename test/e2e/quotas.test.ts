/** Space and quotas over everything that was asked for, and between commands at work. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { type FixtureModel, type ModelWorld, modelFixture, type Ran } from '../support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';

const MIB = 1024 * 1024;
const [ONE, TWO, THREE] = ['one@1.0.0', 'two@1.0.0', 'three@1.0.0'];
/** Records and folders. */
const LITTLE = 300 * 1024;

const model = (seed: number, family = 'wan22', sizeBytes = 6 * MIB): FixtureModel => ({
  files: { 'transformer/model.safetensors': seeded(sizeBytes, seed) },
  sources: ['http'],
  keys: { family },
});

const sharing = (seed: number): FixtureModel => ({
  files: { 'text_encoder/model.safetensors': seeded(4 * MIB, 1), 'transformer/model.safetensors': seeded(2 * MIB, seed) },
  sources: ['http'],
});

interface PlanData {
  readonly space: {
    readonly fits: boolean;
    readonly needed_bytes: number;
    readonly reserved_bytes: number;
    readonly quotas: readonly {
      readonly scope: string;
      readonly family?: string;
      readonly needed_bytes: number;
      readonly shortfall_bytes: number;
    }[];
    readonly reclaimable?: { readonly model_bytes: number };
  };
}

const planOf = async (world: ModelWorld, ids: readonly string[], env: Readonly<Record<string, string>>): Promise<PlanData['space']> =>
  documentOf<PlanData>((await world.cli(['models', 'plan', ...ids, '--json'], env)).stdout).data.space;

const errorOf = (ran: Ran) => ran.json().error;
const numbers = (ran: Ran): Readonly<Record<string, number>> => errorOf(ran).details as Record<string, number>;

describe('a quota', () => {
  it('of all models refuses what would go over it, with the numbers, before a byte moves', async () => {
    const world = await modelFixture({ models: { [ONE]: model(1), [TWO]: model(2, 'other') } });
    const env = { WAN_MAX_TOTAL_SIZE: '10M' };
    expect((await world.cli(['models', 'ensure', ONE], env)).code).toBe(0);
    const sent = world.server().requests.length;
    const plan = await planOf(world, [TWO], env);
    expect(plan).toMatchObject({ fits: false, quotas: [{ scope: 'total', needed_bytes: 6 * MIB }] });
    const ran = await world.cli(['models', 'ensure', TWO, '--json'], env);
    expect(ran.code).toBe(6);
    expect(errorOf(ran)).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      reason: 'quota_total',
      details: { quota: 10 * MIB, bytes_needed: 6 * MIB },
    });
    const { used = 0, shortfall, bytes_needed: needed = 0, quota = 0 } = numbers(ran);
    expect(used).toBeGreaterThanOrEqual(6 * MIB);
    expect(used).toBeLessThan(6 * MIB + LITTLE);
    expect(shortfall).toBe(used + needed - quota);
    expect(errorOf(ran).message).toMatch(
      /two@1\.0\.0 needs 6\.0 MiB more; all models together may take 10\.0 MiB \(max_total_size\) and take 6\.\d MiB: 2\.\d MiB over/,
    );
    expect(errorOf(ran).hint).toMatch(
      /raise max_total_size, or free 2\.\d MiB with `wan models gc`; `wan models du` finds 6\.\d MiB of models/,
    );
    expect(world.server().requests).toHaveLength(sent);
    expect((await world.cli(['models', 'rm', ONE], env)).code).toBe(0);
    expect((await world.cli(['models', 'ensure', TWO], env)).code).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('of each family counts what its models hold, bytes that other families have too', async () => {
    const world = await modelFixture({
      models: { [ONE]: model(1), [TWO]: model(1, 'other'), [THREE]: model(3, 'other') },
    });
    const env = { WAN_MAX_FAMILY_SIZE: '10M' };
    expect((await world.cli(['models', 'ensure', ONE, TWO], env)).code).toBe(0);
    const ran = await world.cli(['models', 'ensure', THREE, '--json'], env);
    expect(errorOf(ran)).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      reason: 'quota_family',
      details: { family: 'other', config_key: 'max_family_size' },
    });
    expect(errorOf(ran).hint).toContain('wan models gc --family other');
    const { details } = errorOf(ran) as unknown as { details: { reclaimable: Record<string, number> } };
    expect(details.reclaimable.models, 'of the other family nothing is named, and its bytes are shared').toBeLessThan(LITTLE);
    const tight = await world.cli(['models', 'ensure', TWO, '--json'], { WAN_MAX_FAMILY_SIZE: '1M' });
    expect(tight.code, 'a model that is here needs nothing').toBe(0);
  });

  it('that the models together just fit in lets them all in: what they share counts once', async () => {
    const world = await modelFixture({ models: { [ONE]: sharing(2), [TWO]: sharing(3), [THREE]: sharing(4) } });
    const exact = { WAN_MAX_TOTAL_SIZE: String(10 * MIB + LITTLE), WAN_MAX_FAMILY_SIZE: String(10 * MIB + LITTLE) };
    const short = { WAN_MAX_FAMILY_SIZE: String(10 * MIB - 1) };
    expect(await planOf(world, ['--all'], short)).toMatchObject({
      fits: false,
      needed_bytes: 10 * MIB,
      quotas: [{ family: 'wan22', shortfall_bytes: 1 }],
    });
    const refused = await world.cli(['models', 'ensure', '--all', '--json'], short);
    expect(errorOf(refused)).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { shortfall: 1 } });
    expect(errorOf(refused).message).toContain('one@1.0.0 with 2 more needs 10.0 MiB more');
    expect(world.server().requests).toEqual([]);
    expect(await planOf(world, ['--all'], exact)).toMatchObject({ fits: true, needed_bytes: 10 * MIB });
    const ran = await world.cli(['models', 'ensure', '--all', '--json'], exact);
    expect(ran.code, ran.stdout).toBe(0);
  });
});

/** The first of two commands is in the middle of its download; the second is told at once. */
async function secondIsRefused(world: ModelWorld, env: Readonly<Record<string, string>>): Promise<Ran> {
  world.server().bytesPerSecond = 2 * MIB;
  const first = world.start(['models', 'ensure', ONE], env);
  while (world.server().sentBytes() < MIB) await sleep(10);
  // However slow this machine is, the second one is answered first.
  world.server().bytesPerSecond = MIB / 8;
  const sent = world.server().requests.filter(({ path }) => path.includes(TWO)).length;
  const second = await world.cli(['models', 'ensure', TWO, '--json'], env);
  expect(world.server().requests.filter(({ path }) => path.includes(TWO))).toHaveLength(sent);
  expect(existsSync(world.modelDir(ONE)), 'the first one is not through yet').toBe(false);
  world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
  expect((await first.ended).code).toBe(0);
  expect(second.code, second.stdout).toBe(6);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  return second;
}

describe('two commands that fit alone but not together', () => {
  it('the second gets QUOTA_EXCEEDED at once, for the quota of all', async () => {
    const world = await modelFixture({ models: { [ONE]: model(1), [TWO]: model(2, 'other') } });
    const second = await secondIsRefused(world, { WAN_MAX_TOTAL_SIZE: '10M' });
    expect(errorOf(second)).toMatchObject({ code: 'QUOTA_EXCEEDED', reason: 'quota_total' });
    expect(numbers(second).reserved_by_others).toBeGreaterThan(0);
  });

  it('the second gets QUOTA_EXCEEDED at once, for the quota of a family', async () => {
    const world = await modelFixture({ models: { [ONE]: model(1), [TWO]: model(2) } });
    const second = await secondIsRefused(world, { WAN_MAX_FAMILY_SIZE: '10M' });
    expect(errorOf(second)).toMatchObject({ code: 'QUOTA_EXCEEDED', reason: 'quota_family', details: { reserved_by_others: 6 * MIB } });
  });

  describeOnSmallDisk('on a small disk', () => {
    it('the second gets NO_SPACE at once, not in the middle', async () => {
      const world = await modelFixture({ models: { [ONE]: model(1), [TWO]: model(2) }, root: await smallDisk(10 * MIB) });
      const second = await secondIsRefused(world, {});
      expect(errorOf(second).code).toBe('NO_SPACE');
      expect(errorOf(second).message).toMatch(/are reserved by other commands/);
      const { bytes_needed: needed = 0, bytes_available: available = 0, shortfall, reserved_by_others: reserved } = numbers(second);
      expect(reserved).toBeGreaterThan(0);
      expect(shortfall).toBe(needed - available);
    });

    it('of all models of one command none begins where not all fit; those that are here are no failures', async () => {
      const world = await modelFixture({
        models: { [ONE]: model(1, 'wan22', MIB), [TWO]: model(2), [THREE]: model(3) },
        root: await smallDisk(10 * MIB),
      });
      expect((await world.cli(['models', 'ensure', ONE])).code).toBe(0);
      const before = world.server().requests.length;
      const ran = await world.cli(['models', 'ensure', '--all', '--json']);
      expect(ran.code).toBe(6);
      expect(world.server().requests).toHaveLength(before);
      const { results } = documentOf<{ results: { ref: string; ok: boolean; error?: { code: string; message: string } }[] }>(
        ran.stdout,
      ).data;
      expect(results.map(({ ok, error }) => [ok, error?.code])).toEqual([
        [true, undefined],
        [false, 'NO_SPACE'],
        [false, 'NO_SPACE'],
      ]);
      expect(results[1]?.error?.message).toContain('two@1.0.0 with 1 more needs 12.0 MiB');
      expect((await world.cli(['models', 'ensure', TWO])).code).toBe(0);
    });

    it('all models of one command are reserved for until it ends: another one that comes between is refused', async () => {
      const world = await modelFixture({
        models: { [ONE]: model(1), [TWO]: model(2), [THREE]: model(3) },
        root: await smallDisk(15 * MIB),
      });
      world.server().bytesPerSecond = 3 * MIB;
      const all = world.start(['models', 'ensure', ONE, TWO]);
      while (world.server().sentBytes() < MIB) await sleep(10);
      const between = await world.cli(['models', 'ensure', THREE, '--json']);
      expect(errorOf(between).code).toBe('NO_SPACE');
      expect(numbers(between).reserved_by_others).toBeGreaterThan(6 * MIB);
      world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
      expect((await all.ended).code).toBe(0);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  });
});
