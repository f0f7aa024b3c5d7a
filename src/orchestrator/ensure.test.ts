import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Content, cutAt, seeded, sha256Hex, status } from '../../test/servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { sha256Of } from '../domain/digest.ts';
import type { ModelEvent } from '../domain/events.ts';
import type { GcReport } from '../domain/gc.ts';
import { beginIntent } from '../store/intents.ts';

const OTHER = 'i2v-tiny@2.2.0';
const optional = (content: string) => ({ content, keys: { optional: true } });

describe('a model named like a partial of a cast', () => {
  it('keeps no other command from working while it is staged', async () => {
    const world = await modelFixture({
      models: { 'd-fine@1.0.0': { files: { 'a.bin': 'abc' } }, 'x@1.0.0': { files: { 'a.bin': 'abc' } } },
    });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure('d-fine@1.0.0');
    // As a living process has it: its intent is held.
    const intent = await beginIntent(storeContextOf(world.modelsRoot), { ref: 'd-fine@1.0.0', digests: [] });
    mkdirSync(join(world.modelsRoot, '.tmp', `d-fine@1.0.0.${intent.uuid}.partial`));
    expect(await orchestrator.ensure('x@1.0.0')).toBe(world.modelDir('x@1.0.0'));
    await intent.end();
  });
});

describe('optional files', () => {
  it('that no source has are left out, and the model is complete', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a', 'extra.bin': optional('extra') }, sources: ['http'] });
    world.server().fault(`${MODEL}/extra.bin`, status(404));
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    world.server().requests.length = 0;
    await orchestrator.ensure(MODEL);
    expect(world.server().requests).toEqual([]);
  });

  it('that were not asked for at first are fetched when they are', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a', 'extra.bin': optional('extra') } });
    const orchestrator = await world.orchestrator();
    const directory = await orchestrator.ensure(MODEL, { exclude: ['extra*'] });
    expect(existsSync(join(directory, 'extra.bin'))).toBe(false);
    await orchestrator.ensure(MODEL);
    expect(readFileSync(join(directory, 'extra.bin'), 'utf8')).toBe('extra');
  });

  it('do not keep an offline ensure from what is here', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a', 'extra.bin': optional('extra') }, sources: ['http'] });
    world.server().fault(`${MODEL}/extra.bin`, status(503));
    const orchestrator = await world.orchestrator();
    await expect(orchestrator.ensure(MODEL)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    await orchestrator.ensure(MODEL, { exclude: ['extra*'] });
    expect((await orchestrator.ensureDetailed(MODEL, { offline: true })).fetchedBytes).toBe(0);
  });

  it('that are absent count neither as done nor as to be done', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a', 'extra.bin': optional('x'.repeat(2000)) }, sources: ['http'] });
    world.server().fault(`${MODEL}/extra.bin`, status(404));
    const orchestrator = await world.orchestrator();
    const seen: number[][] = [];
    await orchestrator.ensure(MODEL, { onProgress: ({ doneBytes, totalBytes }) => seen.push([doneBytes, totalBytes]) });
    expect(seen.at(-1)).toEqual([1, 1]);
  });
});

describe('a manifest that changed', () => {
  it('under a path without a digest: another size means other bytes', async () => {
    const sized = (content: string) => ({ 'a.bin': { content, keys: { sha256: null } } });
    const world = await modelFixture({ files: sized('x'.repeat(1000)) });
    const orchestrator = await world.orchestrator();
    const directory = await orchestrator.ensure(MODEL);
    await world.write({ [MODEL]: { files: sized('y'.repeat(3000)) } });
    expect((await orchestrator.status(MODEL)).faultyFiles).toMatchObject([{ path: 'a.bin', fault: 'outdated' }]);
    await orchestrator.ensure(MODEL);
    expect(readFileSync(join(directory, 'a.bin'), 'utf8')).toBe('y'.repeat(3000));
  });

  it('leaves other models alone when it is verified', async () => {
    const files = { 'a.bin': 'shared' };
    const world = await modelFixture({ models: { [MODEL]: { files }, [OTHER]: { files } } });
    const orchestrator = await world.orchestrator();
    for (const id of [MODEL, OTHER]) await orchestrator.ensure(id);
    await world.write({ [MODEL]: { files: { 'a.bin': 'other!' } }, [OTHER]: { files } });
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(false);
    expect((await orchestrator.status(OTHER)).state).toBe('COMPLETE');
  });
});

describe('what is in the directory already', () => {
  it('and belongs to people stays there through a new generation', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a', 'sub/b.bin': 'b' } });
    const orchestrator = await world.orchestrator();
    const directory = await orchestrator.ensure(MODEL, { include: ['a.bin'] });
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    mkdirSync(join(directory, 'loras'));
    writeFileSync(join(directory, 'loras', 'x.bin'), 'mine too');
    symlinkSync('notes.txt', join(directory, 'link.txt'));
    await orchestrator.ensure(MODEL);
    expect(readdirSync(directory).sort()).toEqual(['.verified.json', 'a.bin', 'link.txt', 'loras', 'notes.txt', 'sub']);
    expect(readFileSync(join(directory, 'loras', 'x.bin'), 'utf8')).toBe('mine too');
  });

  it('and was made by hand is read, not fetched', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a'.repeat(5000), 'b.bin': 'b' }, sources: ['http'] });
    mkdirSync(world.modelDir(), { recursive: true });
    writeFileSync(join(world.modelDir(), 'a.bin'), 'a'.repeat(5000));
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(1);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('and only looks changed is read once: a touch, a copied root', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a'.repeat(5000) }, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    const directory = await orchestrator.ensure(MODEL);
    utimesSync(join(directory, 'a.bin'), 1, 1);
    expect((await orchestrator.status(MODEL)).state).toBe('PARTIAL');
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(0);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    const copy = join(world.directory, 'copy');
    await cp(world.modelsRoot, copy, { recursive: true });
    const other = await world.orchestrator({ env: { MODELS_ROOT: copy } });
    expect((await other.status(MODEL)).state).not.toBe('CORRUPT');
    expect((await other.ensureDetailed(MODEL, { offline: true })).fetchedBytes).toBe(0);
  });

  it('is not reached through a link that was planted there', async () => {
    const world = await modelFixture({ files: { 'sub/a.bin': 'a' } });
    const orchestrator = await world.orchestrator();
    const directory = await orchestrator.ensure(MODEL);
    renameSync(join(directory, 'sub'), join(world.directory, 'elsewhere'));
    symlinkSync(join(world.directory, 'elsewhere'), join(directory, 'sub'));
    await expect(orchestrator.ensure(MODEL)).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    await expect(orchestrator.status(MODEL)).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  });
});

describe('two paths with the same bytes', () => {
  const bytes = seeded(600_000, 1);

  it('count as done from the start, where another model brought them', async () => {
    const own = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}.bin`, seeded(30_000, index + 10)]));
    const models = {
      'first@1.0.0': { files: { 'shared.bin': bytes }, sources: ['http'] },
      'second@1.0.0': { files: { ...own, 'shared.bin': bytes }, sources: ['http'] },
    };
    const world = await modelFixture({ models });
    const told: number[] = [];
    const hear = (event: ModelEvent): void => {
      if (event.type === 'ensure.progress' && event.model?.startsWith('second')) told.push(event.doneBytes);
    };
    await using orchestrator = await world.orchestrator({ sinks: [hear] });
    await orchestrator.ensure('first@1.0.0');
    world.server().bytesPerSecond = 60_000;
    await orchestrator.ensure('second@1.0.0');
    expect(Math.min(...told)).toBeGreaterThanOrEqual(600_000);
    expect(told.at(-1)).toBe(840_000);
  });

  it('are fetched, planned and counted once', async () => {
    const world = await modelFixture({ files: { 'a.bin': bytes, 'b.bin': bytes }, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.plan(MODEL)).fetchBytes).toBe(600_000);
    expect((await orchestrator.status(MODEL)).bytesNeeded).toBe(600_000);
    expect((await orchestrator.ensureDetailed(MODEL)).fetchedBytes).toBe(600_000);
    expect(world.server().sentBytes()).toBe(600_000);
  });

  it('are had from whichever path a source has', async () => {
    const world = await modelFixture({ files: { 'a.bin': bytes, 'b.bin': bytes }, sources: ['http'] });
    world.server().fault(`${MODEL}/a.bin`, status(404));
    await (await world.orchestrator()).ensure(MODEL);
  });
});

describe('an ensure that is stopped', () => {
  it('says CANCELLED, at whatever moment', async () => {
    const world = await modelFixture({ files: { 'a.bin': seeded(400_000, 2), 'b.bin': 'b' }, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    const codes = new Set<unknown>();
    for (let ms = 0; ms < 40; ms++) {
      rmSync(world.modelsRoot, { recursive: true, force: true });
      const attempt = orchestrator.ensure(MODEL, { signal: AbortSignal.timeout(ms) });
      codes.add(
        await attempt.then(
          () => 'done',
          (error: { code?: string }) => error.code,
        ),
      );
    }
    expect([...codes].filter((code) => code !== 'done')).toEqual(['CANCELLED']);
  });

  it('and was forced leaves nothing behind, since the model is there', async () => {
    const world = await modelFixture({ files: { 'a.bin': seeded(900_000, 3) }, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    world.server().fault(`${MODEL}/a.bin`, cutAt(300_000), { times: 1 }).fault(`${MODEL}/a.bin`, status(404));
    await expect(orchestrator.ensure(MODEL, { force: true })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    // What is remembered of hosts is written meanwhile.
    await orchestrator.close();
    expect(readdirSync(join(world.modelsRoot, '.tmp'))).toEqual([]);
  });
});

it('an ensure that died after it published leaves nothing behind, though the next one has nothing to do', async () => {
  const world = await modelFixture({ files: { 'a.bin': 'a' } });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const intents = join(world.modelsRoot, '.state', 'intents');
  writeFileSync(join(intents, 'a-dead-one'), '');
  await orchestrator.ensure(MODEL);
  expect(readdirSync(intents)).toEqual([]);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});

it('what an ensure learns a digest of only by fetching it, no collection takes from it', async () => {
  const open = (content: Content) => ({ content, keys: { sha256: null } });
  const world = await modelFixture({
    files: { 'a.bin': open(seeded(300_000, 4)), 'b.bin': open(seeded(600_000, 5)) },
    sources: ['http'],
    env: { WAN_GC_GRACE: '0' },
  });
  world.server().bytesPerSecond = 600_000;
  await using orchestrator = await world.orchestrator();
  await using other = await world.orchestrator();
  const collections: Promise<GcReport>[] = [];
  const { fetchedBytes } = await orchestrator.ensureDetailed(MODEL, {
    onEvent: (event) => {
      if (event.type === 'file.finished' && event.file === 'a.bin') collections.push(other.gc());
    },
  });
  const [report] = await Promise.all(collections);
  expect(report?.reclaimedBytes).toBe(0);
  expect([fetchedBytes, world.server().sentBytes()]).toEqual([900_000, 900_000]);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});

describe('a blob that comes to be here while its bytes are fetched', () => {
  const blobOf = (world: ModelWorld, content: Content) => storeContextOf(world.modelsRoot).resolver.blobPath(sha256Of(sha256Hex(content)));

  it('stays, and none is kept as bad, though it has no proof yet', async () => {
    const content = seeded(600_000, 6);
    const world = await modelFixture({ files: { 'a.bin': content }, sources: ['http'] });
    const path = blobOf(world, content);
    await using orchestrator = await world.orchestrator();
    // As recovery moves back what a dead removal had in the trash, under no lock of the digest.
    const moveBack = ({ type }: ModelEvent): void => {
      if (type !== 'file.started') return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, textOf(content));
    };
    await orchestrator.ensure(MODEL, { onEvent: moveBack });
    expect(statSync(path).ino).toBe(statSync(join(world.modelDir(), 'a.bin')).ino);
    expect(existsSync(join(world.modelsRoot, '.quarantine'))).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is read again though other names of it come and go, and is not taken for a bad one', async () => {
    const content = seeded(100_000_000, 9);
    const world = await modelFixture({ files: { 'a.bin': content }, sources: ['http'] });
    const path = blobOf(world, content);
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    // Its proof is gone, and a removal is at work on another model that has it.
    renameSync(world.modelDir(), join(world.directory, 'aside'));
    utimesSync(path, 1, 1);
    let left = 20;
    const names = setInterval(() => {
      linkSync(path, `${path}.x`);
      rmSync(`${path}.x`);
      if (--left === 0) clearInterval(names);
    }, 3);
    const sentBytes = world.server().sentBytes();
    await orchestrator.ensure(MODEL);
    clearInterval(names);
    expect(left).toBeLessThan(20);
    expect(world.server().sentBytes()).toBe(sentBytes);
    expect(existsSync(join(world.modelsRoot, '.quarantine'))).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is replaced where it is wrong', async () => {
    const content = seeded(600_000, 7);
    const world = await modelFixture({ files: { 'a.bin': content }, sources: ['http'] });
    const path = blobOf(world, content);
    await using orchestrator = await world.orchestrator();
    const putWrong = ({ type }: ModelEvent): void => {
      if (type !== 'file.started') return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, Buffer.alloc(600_000));
    };
    await orchestrator.ensure(MODEL, { onEvent: putWrong });
    expect(readFileSync(path).equals(textOf(content))).toBe(true);
    expect(readdirSync(join(world.modelsRoot, '.quarantine'))).toHaveLength(1);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('and is that of another model is not exchanged for the fetched one', async () => {
    const content = seeded(300_000, 8);
    const world = await modelFixture({
      models: {
        [OTHER]: { files: { 'a.bin': content } },
        [MODEL]: { files: { 'b.bin': { content, keys: { sha256: null } } }, sources: ['http'] },
      },
    });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(OTHER);
    const { ino } = statSync(blobOf(world, content));
    await orchestrator.ensure(MODEL);
    expect(statSync(blobOf(world, content)).ino).toBe(ino);
    expect((await orchestrator.status(OTHER)).state).toBe('COMPLETE');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

it('models that share every blob and are ensured at once all get all of their files', async () => {
  const files = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`f${at}.bin`, seeded(3000, at + 1)]));
  const ids = Array.from({ length: 8 }, (_, at) => `m${at}@1.0.0`);
  const world = await modelFixture({ models: Object.fromEntries(ids.map((id) => [id, { files }])) });
  const orchestrator = await world.orchestrator();
  const results = await Promise.all(ids.map((id) => orchestrator.ensureDetailed(id)));
  expect(results.map((result) => result.files.length)).toEqual(ids.map(() => 10));
  for (const id of ids) expect((await orchestrator.status(id)).state).toBe('COMPLETE');
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});

it('a forced fetch of a file without a digest takes what the source has now', async () => {
  const file = (content: string) => ({ 'a.bin': { content, keys: { sha256: null } } });
  const world = await modelFixture({ files: file('old bytes') });
  const orchestrator = await world.orchestrator();
  const directory = await orchestrator.ensure(MODEL);
  writeFileSync(join(world.folder(), MODEL, 'a.bin'), 'new bytes');
  await orchestrator.ensure(MODEL, { force: true });
  expect(readFileSync(join(directory, 'a.bin'), 'utf8')).toBe('new bytes');
});

it('a reservation that its owner could not remove is removed by the next ensure, also where the model is complete', async () => {
  const world = await modelFixture({ files: { 'a.bin': 'abc' } });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const left = join(world.modelsRoot, '.state', 'reservations', '0b5b2a5e-7f0c-4f6e-9d0a-2f6d3f3c9a11');
  await writeFile(left, '0000000000000005');
  await orchestrator.ensure(MODEL);
  expect(existsSync(left)).toBe(false);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});
