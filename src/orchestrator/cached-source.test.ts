import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import type { ModelEvent } from '../domain/events.ts';

const weights = seeded(700_000, 61);
const config = seeded(900, 62);
const files = { 'unet/weights.safetensors': weights, 'config.json': config };
const TOTAL = weights.sizeBytes + config.sizeBytes;

/** A model whose weights and config lie in the Hub cache, on a server too. */
async function worldWithCache(sources = ['http', 'hf://org/name@main']): Promise<{ world: ModelWorld; hub: string; blob: string }> {
  const world = await modelFixture({ files, sources });
  const hub = join(world.directory, 'hub');
  const blob = join(hub, 'models--org--name/blobs', sha256Hex(weights));
  mkdirSync(join(blob, '..'), { recursive: true });
  writeFileSync(blob, textOf(weights), { mode: 0o640 });
  const snapshot = join(hub, 'models--org--name/snapshots', 'a'.repeat(40));
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(snapshot, 'config.json'), textOf(config));
  return { world, hub, blob };
}

const everythingIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, mtimeMs, ctimeMs, nlink, ino, size } = statSync(join(folder, name));
      return { name, mode, mtimeMs, ctimeMs, nlink, ino, size };
    });

it('what the Hub cache has is copied from there, proven, and not fetched; the cache stays as it was', async () => {
  const { world, hub } = await worldWithCache();
  const before = everythingIn(hub);
  await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub } });
  const result = await orchestrator.ensureDetailed(MODEL);
  expect(result).toMatchObject({ fetchedBytes: 0, reusedBytes: TOTAL, proof: 'manifest-sha256' });
  expect(result.files.map(({ origin }) => origin)).toEqual(['copied', 'copied']);
  expect(world.server('http').requests).toEqual([]);
  expect(everythingIn(hub)).toEqual(before);
  expect(statSync(join(result.path, 'unet/weights.safetensors')).ino).not.toBe(before.find(({ size }) => size === weights.sizeBytes)?.ino);
  expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
});

it('what the Hub cache has is planned as bytes to copy, not to fetch; where it turns out wrong, the plan stands and the bytes are fetched', async () => {
  const { world, hub, blob } = await worldWithCache();
  const planned = async (): Promise<ModelEvent | undefined> => {
    const events: ModelEvent[] = [];
    await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub }, sinks: [(event) => events.push(event)] });
    await orchestrator.ensure(MODEL);
    return events.find(({ type }) => type === 'ensure.planned');
  };
  rmSync(join(hub, 'models--org--name/snapshots'), { recursive: true });
  const both = { totalBytes: TOTAL, heldBytes: 0, fetchBytes: config.sizeBytes, copyBytes: weights.sizeBytes };
  expect(await planned()).toMatchObject(both);
  rmSync(world.modelsRoot, { recursive: true });
  writeFileSync(blob, Buffer.alloc(weights.sizeBytes, 7));
  expect(await planned()).toMatchObject(both);
  expect(world.server('http').sentBytes()).toBe(TOTAL + config.sizeBytes);
});

it('the Hub cache serves where no network may be asked', async () => {
  const { world, hub } = await worldWithCache();
  await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub, HF_HUB_OFFLINE: '1' } });
  expect(await orchestrator.ensureDetailed(MODEL)).toMatchObject({ fetchedBytes: 0 });
});

it('wrong bytes in the Hub cache are told and fetched instead', async () => {
  const { world, hub, blob } = await worldWithCache();
  writeFileSync(blob, Buffer.alloc(weights.sizeBytes, 7));
  const events: ModelEvent[] = [];
  await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub }, sinks: [(event) => events.push(event)] });
  const result = await orchestrator.ensureDetailed(MODEL);
  expect(result).toMatchObject({ fetchedBytes: weights.sizeBytes, liars: [`hf-cache://${hub}`] });
  expect(world.server('http').sentBytes()).toBe(weights.sizeBytes);
  expect(events.filter(({ type }) => type === 'source.lied')).toMatchObject([{ source: `hf-cache://${hub}` }]);
  expect(readFileSync(join(result.path, 'unet/weights.safetensors'))).toEqual(textOf(weights));
});

it.each([
  ['is switched off', { WAN_HF_CACHE: 'off' }, {}],
  ['must not be used because everything is to be fetched anew', {}, { force: true }],
])('the Hub cache gives nothing where it %s', async (_, env, options) => {
  const { world, hub } = await worldWithCache();
  await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub, ...env } });
  expect(await orchestrator.ensureDetailed(MODEL, options)).toMatchObject({ fetchedBytes: TOTAL, liars: [], troubles: [] });
});

it('a local source comes before the Hub cache', async () => {
  const { world, hub } = await worldWithCache(['http', 'local']);
  const events: ModelEvent[] = [];
  await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub }, sinks: [(event) => events.push(event)] });
  await orchestrator.ensureDetailed(MODEL);
  const finished = events.flatMap((event) => (event.type === 'file.finished' ? [[event.file, event.sources]] : []));
  expect(Object.fromEntries(finished)['unet/weights.safetensors']).toEqual([`hf-cache://${hub}`]);
  const localFirst = await worldWithCache(['local', 'http']);
  await using second = await localFirst.world.orchestrator({ env: { HF_HUB_CACHE: localFirst.hub } });
  expect(await second.ensureDetailed(MODEL)).toMatchObject({ fetchedBytes: TOTAL });
});

describe('a plan', () => {
  const planOf = async (world: ModelWorld, hub: string, options = {}, env = {}) => {
    await using orchestrator = await world.orchestrator({ env: { HF_HUB_CACHE: hub, ...env } });
    return await orchestrator.plan(MODEL, options);
  };

  it('says what an ensure would copy out of the Hub cache, asks nobody and changes nothing', async () => {
    const { world, hub } = await worldWithCache();
    const before = everythingIn(world.directory);
    const plan = await planOf(world, hub);
    expect(plan).toMatchObject({ fetchBytes: 0, copyBytes: TOTAL, spaceNeededBytes: TOTAL });
    expect(plan.files.map(({ action, fetchBytes, copyBytes }) => [action, fetchBytes, copyBytes])).toEqual([
      ['copy', 0, weights.sizeBytes],
      ['copy', 0, config.sizeBytes],
    ]);
    expect(everythingIn(world.directory)).toEqual(before);
    expect(world.server('http').requests).toEqual([]);
  });

  it('counts as to be fetched what the cache has not, and what it has of the wrong size', async () => {
    const { world, hub, blob } = await worldWithCache();
    writeFileSync(blob, 'cut');
    expect(await planOf(world, hub)).toMatchObject({ fetchBytes: weights.sizeBytes, copyBytes: config.sizeBytes });
  });

  it.each([
    ['is switched off', {}, { WAN_HF_CACHE: 'off' }],
    ['must not be used because everything is to be fetched anew', { force: true }, {}],
  ])('leaves out a cache that %s', async (_, options, env) => {
    const { world, hub } = await worldWithCache();
    expect(await planOf(world, hub, options, env)).toMatchObject({ fetchBytes: TOTAL, copyBytes: 0 });
  });

  it('has the cache after the local sources that have a file, and before everybody else', async () => {
    const { world, hub } = await worldWithCache(['local', 'hf://org/name@main']);
    rmSync(join(world.folder(), MODEL, 'config.json'));
    expect(await planOf(world, hub)).toMatchObject({ fetchBytes: weights.sizeBytes, copyBytes: config.sizeBytes });
    const later = await worldWithCache(['http', 'local', 'hf://org/name@main']);
    expect(await planOf(later.world, later.hub)).toMatchObject({ fetchBytes: 0, copyBytes: TOTAL });
  });

  it('goes on where the cache cannot be read, as ensure does', async () => {
    const { world } = await worldWithCache();
    const file = join(world.directory, 'file');
    writeFileSync(file, '');
    expect(await planOf(world, file)).toMatchObject({ fetchBytes: TOTAL, copyBytes: 0 });
  });
});
