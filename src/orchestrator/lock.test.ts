import { hash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { literal, seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { allOf, cutAt, ignoreRange, noValidator, status } from '../../test/servers/http/faults.ts';
import { HubServer } from '../../test/servers/hub/hub-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import type { ModelEvent } from '../domain/events.ts';
import { type LockEntryBody, type LockedFile, lockfileText, sealEntry } from '../registry/lockfile.ts';

const BYTES = seeded(50_000, 21);
const unknown = { sha256: null };
const VARIANTS = { variants: ['big', 'small'], default_variant: 'big' };
const lockOf = (world: ModelWorld): Promise<string> => readFile(join(world.directory, 'models.lock'), 'utf8');
const pathsIn = (text: string): string[] => [...text.matchAll(/\{ path = "([^"]+)"/g)].map(([, path = '']) => path);

const webWorld = (env: Record<string, string> = {}) =>
  modelFixture({ files: { 'a.bin': { content: BYTES, keys: unknown } }, sources: ['http'], env });

async function hubWorld(files: Record<string, string>, table: string): Promise<{ hub: HubServer; world: ModelWorld }> {
  const hub = await HubServer.start();
  onTestFinished(() => hub.stop());
  hub.commit('org/name', files);
  const world = await modelFixture({ models: {}, env: { HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off' } });
  await writeFile(world.manifestPath, `schema_version = 1\n[models."${MODEL}"]\n${table}\n`);
  return { hub, world };
}

describe('reading a file to know its digest', () => {
  it.each([
    ['goes on where a body broke', cutAt(20_000)],
    ['goes on after a server that ignores ranges broke', allOf(ignoreRange(), cutAt(20_000))],
  ])('%s', async (_, fault) => {
    const world = await webWorld();
    world.server().fault(`${MODEL}/a.bin`, fault, { skip: 1, times: 2 });
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.lock()).toMatchObject({ readBytes: 50_000, failed: [] });
    expect(await lockOf(world)).toContain(sha256Hex(BYTES));
  });

  it('is told as it goes on, up to the last byte that is to be read', async () => {
    const world = await webWorld();
    await using orchestrator = await world.orchestrator();
    const told: ModelEvent[] = [];
    await orchestrator.lock([], { onEvent: (event) => told.push(event) });
    const steps = told.filter((event) => event.type === 'lock.progress');
    expect(steps[0]).toMatchObject({ model: MODEL, totalBytes: 50_000 });
    expect(steps.at(-1)?.doneBytes).toBeGreaterThan(0);
  });

  it('asks a server that is busy again', async () => {
    const world = await webWorld({ WAN_RETRY_ATTEMPTS: '2' });
    world.server().fault(`${MODEL}/a.bin`, status(503), { times: 1 });
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.lock()).toMatchObject({ failed: [] });
  });

  it('is not done with read: false, which pins what the source calls the bytes', async () => {
    const world = await webWorld();
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.lock([], { read: false })).toMatchObject({ readBytes: 0 });
    const text = await lockOf(world);
    expect(text).toMatch(/path = "a.bin", size = 50000, by = "upstream", etag = /);
    expect(text).not.toContain('sha256 = "');
    expect((await orchestrator.show(MODEL)).files).toMatchObject([{ proof: 'size-only' }]);
  });
});

describe('what a lock takes and leaves', () => {
  it('a part that fails keeps no other from being pinned', async () => {
    const world = await modelFixture({
      models: {
        'bad@1.0.0': { files: { 'a.bin': { content: 'abc', keys: { ...unknown, size: 4 } } } },
        'good@1.0.0': { files: { 'a.bin': { content: 'abc', keys: unknown } } },
      },
    });
    await using orchestrator = await world.orchestrator();
    const report = await orchestrator.lock();
    expect(report).toMatchObject({ written: true, failed: [{ id: 'bad@1.0.0', error: { code: 'SIZE_MISMATCH' } }] });
    expect(await lockOf(world)).toContain('[models."good@1.0.0"]');
    expect(await lockOf(world)).not.toContain('bad@');
  });

  it('an optional file that nobody has is left out, another one is a failure', async () => {
    const absent = (optional: boolean) =>
      modelFixture({
        files: {
          'a.bin': { content: 'abc', keys: unknown },
          'b.bin': { content: 'abc', keys: { ...unknown, path: 'gone.bin', optional } },
        },
      });
    await using optional = await (await absent(true)).orchestrator();
    expect(await optional.lock()).toMatchObject({ failed: [], parts: [{ fileCount: 1 }] });
    await using needed = await (await absent(false)).orchestrator();
    expect(await needed.lock()).toMatchObject({ failed: [{ error: { reason: 'not_found', details: { file: 'gone.bin' } } }] });
  });

  it('entries of models that are gone go, and a named model moves no other', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'abc' } });
    const entry: LockEntryBody = { request: 'a1'.repeat(32).replace('a1a1', 'b2c3'), locked_at: '2026-01-01T00:00:00Z', files: [] };
    const entries = ['gone@1.0.0', `${MODEL}@bf16`].map((id) => [id, sealEntry(entry)] as const);
    await writeFile(join(world.directory, 'models.lock'), lockfileText({ models: new Map(entries), components: new Map() }));
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock([MODEL]);
    expect((await lockOf(world)).match(/^\[.*\]$/gm)).toEqual([`[models."gone@1.0.0"]`, `[models."${MODEL}"]`, `[models."${MODEL}@bf16"]`]);
    expect(await orchestrator.lock()).toMatchObject({
      parts: [
        { id: MODEL, action: 'kept' },
        { id: 'gone@1.0.0', action: 'removed' },
        { id: `${MODEL}@bf16`, action: 'removed' },
      ],
    });
    expect((await lockOf(world)).match(/^\[.*\]$/gm)).toEqual([`[models."${MODEL}"]`]);
  });
});

describe('two variants with different files under one path', () => {
  it('are pinned side by side, each used for its own, and later written as they were', async () => {
    const [big, small] = ['the large weights', 'small'];
    const urls = await modelFixture({ files: { 'big.bin': big, 'small.bin': small }, sources: ['http'] });
    const url = (name: string): string => `${urls.server().url}/${MODEL}/${name}`;
    const world = await modelFixture({ files: { 'c.json': '{}' } });
    const line = (content: string, name: string, more: string): string =>
      `[[models."${MODEL}".files]]\npath = "w.bin"\nsize = ${content.length}\nvariants = ["${name}"]\n${more}\n`;
    const manifest = (digest: string): string =>
      `schema_version = 1\n[models."${MODEL}"]\nvariants = ["big", "small"]\ndefault_variant = "big"\n` +
      `${line(big, 'big', `url = "${url('big.bin')}"`)}${line(small, 'small', `url = "${url('small.bin')}"\n${digest}`)}`;
    await writeFile(world.manifestPath, manifest(`sha256 = "${hash('sha256', small)}"`));
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.lock()).toMatchObject({ failed: [], written: true, readBytes: big.length });
    const text = await lockOf(world);
    expect(text).toContain(`path = "w.bin", size = ${big.length}, variants = ["big"], sha256 = "${hash('sha256', big)}"`);
    expect(text).toContain(`path = "w.bin", size = ${small.length}, variants = ["small"], sha256 = "${hash('sha256', small)}"`);
    for (const [variant, content] of [
      ['big', big],
      ['small', small],
    ] as const)
      expect((await orchestrator.show(MODEL, { variant })).files).toMatchObject([{ path: 'w.bin', sha256: hash('sha256', content) }]);
    expect(await orchestrator.lock()).toMatchObject({ written: false });
    expect(await orchestrator.outdated()).toMatchObject({ parts: [{ state: 'current' }] });
    expect(await orchestrator.diff(`${MODEL}@small`)).toMatchObject({ changes: [], toBytes: small.length });
    expect(await readFile(join(await orchestrator.ensure(MODEL, { variant: 'small' }), 'w.bin'), 'utf8')).toBe(small);
    // Without the manifest's digest the entry is made anew, and says the same.
    await writeFile(world.manifestPath, manifest(''));
    expect(await orchestrator.lock()).toMatchObject({ failed: [] });
    expect((await orchestrator.show(MODEL, { variant: 'small' })).files).toMatchObject([
      { sha256: hash('sha256', small), proof: 'lock-sha256' },
    ]);
  });

  it('are pinned anew where the manifest gives a file to other variants: the entry is stale until then', async () => {
    const world = await modelFixture({
      files: { 'a.bin': { content: BYTES, keys: { ...unknown, variants: ['big'] } } },
      sources: ['http'],
      keys: VARIANTS,
    });
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    await orchestrator.ensure(MODEL, { variant: 'big', frozen: true });
    const text = await readFile(world.manifestPath, 'utf8');
    expect(text).toContain('variants = ["big"]');
    await writeFile(world.manifestPath, text.replace('variants = ["big"]\n', 'variants = ["big", "small"]\n'));
    await expect(orchestrator.ensure(MODEL, { variant: 'big', frozen: true })).rejects.toMatchObject({ code: 'LOCKFILE_STALE' });
    expect(await orchestrator.lock()).toMatchObject({ written: true, parts: [{ action: 'changed' }] });
    for (const variant of ['big', 'small'])
      expect((await orchestrator.show(MODEL, { variant })).files).toMatchObject([{ proof: 'lock-sha256' }]);
  });

  it('are refused in a lockfile where one variant would have both', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'abc' } });
    const file = (size: number, variants?: string[]): LockedFile => ({
      path: 'w.bin',
      size,
      sha256: hash('sha256', `some file of ${size} bytes`),
      by: 'bytes',
      ...(variants && { variants }),
    });
    const text = (...files: LockedFile[]): string =>
      lockfileText({
        components: new Map(),
        models: new Map([[MODEL, sealEntry({ request: hash('sha256', 'some request'), locked_at: '2026-01-01T00:00:00Z', files })]]),
      });
    for (const [files, isRefused] of [
      [[file(1, ['a']), file(2, ['b'])], false],
      [[file(1, ['a']), file(2, ['a', 'b'])], true],
      [[file(1), file(2, ['b'])], true],
    ] as const) {
      await writeFile(join(world.directory, 'models.lock'), text(...files));
      const shown = (await world.orchestrator()).show(MODEL);
      if (isRefused) await expect(shown).rejects.toMatchObject({ details: { problems: [{ code: 'path_duplicate' }] } });
      else await expect(shown).resolves.toMatchObject({ modelId: MODEL });
    }
  });
});

describe('what is pinned', () => {
  it('moves only with update: a file that changed under its name is DRIFT, also where the entry is made anew', async () => {
    const world = await modelFixture({ files: { 'a.bin': { content: 'abc', keys: unknown } } });
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    const pinned = await lockOf(world);
    await writeFile(join(world.folder(), MODEL, 'a.bin'), 'ABC');
    await writeFile(join(world.folder(), MODEL, 'b.bin'), 'new');
    await appendFile(world.manifestPath, `\n[[models."${MODEL}".files]]\npath = "b.bin"\nsize = 3\n`);
    await using later = await world.orchestrator();
    const { failed } = await later.lock();
    expect(failed).toMatchObject([{ error: { code: 'DRIFT', details: { file: 'a.bin', pinned: sha256Hex(literal('abc')) } } }]);
    expect(await lockOf(world)).toBe(pinned);
    expect(await later.lock([], { update: true })).toMatchObject({ failed: [] });
    expect(await lockOf(world)).toContain(sha256Hex(literal('ABC')));
  });

  it('by an edited entry is read again: what was edited vouches for nothing', async () => {
    const { world } = await hubWorld({ 'a.json': '1' }, 'sources = { priority = ["hf://org/name"] }');
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    const forged = (await lockOf(world)).replace(sha256Hex(literal('1')), sha256Hex(literal('forged')));
    await writeFile(join(world.directory, 'models.lock'), forged);
    await using later = await world.orchestrator();
    expect(await later.lock()).toMatchObject({ failed: [], parts: [{ wasEdited: true }], readBytes: 1 });
    expect(await lockOf(world)).toContain(sha256Hex(literal('1')));
  });

  it('is not spliced from two files: without anything that tells them apart a broken body is not gone on with', async () => {
    const world = await webWorld();
    const fault = allOf(noValidator(), cutAt(20_000));
    world.server().fault(`${MODEL}/a.bin`, fault);
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.lock()).toMatchObject({ failed: [{ id: MODEL }] });
  });
});

describe('an open list', () => {
  it('is that of the network, where a folder of this machine has but a part of it', async () => {
    const { world } = await hubWorld({ 'a.json': '1', 'b.json': '2' }, 'sources = { priority = ["local://mirror", "hf://org/name"] }');
    await mkdir(join(world.directory, 'mirror'));
    await writeFile(join(world.directory, 'mirror', 'a.json'), '1');
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    expect(pathsIn(await lockOf(world))).toEqual(['a.json', 'b.json']);
  });

  it('stays at its revision where only its patterns change', async () => {
    const { hub, world } = await hubWorld(
      { 'a.json': '1', 'b.txt': '2' },
      'sources = { priority = ["hf://org/name"], allow_patterns = ["*.json"] }',
    );
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    const pinned = hub.repo('org/name').refs.get('main');
    hub.commit('org/name', { 'b.txt': 'moved on' });
    await writeFile(world.manifestPath, (await readFile(world.manifestPath, 'utf8')).replace('"*.json"', '"*.json", "*.txt"'));
    expect(await orchestrator.lock()).toMatchObject({ parts: [{ action: 'changed', to: { revision: pinned } }] });
    expect(await lockOf(world)).toContain(sha256Hex(literal('2')));
  });

  it('follows the source in one process as well: what it said before is not remembered', async () => {
    const { hub, world } = await hubWorld({ 'a.json': '1' }, 'sources = { priority = ["hf://org/name"] }');
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    hub.commit('org/name', { 'a.json': '2' });
    expect(await orchestrator.outdated()).toMatchObject({ parts: [{ state: 'drift' }] });
    await orchestrator.lock([], { update: true });
    expect(await orchestrator.outdated()).toMatchObject({ parts: [{ state: 'current' }] });
  });

  it('refuses names that no model may hold, and writes nothing', async () => {
    const { world } = await hubWorld({ 'A.json': '1', 'a.json': '2' }, 'sources = { priority = ["hf://org/name"] }');
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.lock()).toMatchObject({ failed: [{ error: { code: 'PATH_UNSAFE', reason: 'path_collision_case' } }] });
    await expect(lockOf(world)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('what is known of the pieces of a file', () => {
  const rootIn = (text: string): string | undefined => /piece_root = "([0-9a-f]{64})"/.exec(text)?.[1];

  it('is added once this machine has proven the file by its leaves, and stays, also on a machine that knows none', async () => {
    const [leafBytes, large] = [16 * 1024 * 1024, seeded(17_000_000, 4)];
    const files = { 'a.bin': { content: large, keys: unknown }, 'small.bin': { content: BYTES, keys: unknown } };
    const world = await modelFixture({ files, sources: ['http'] });
    await using orchestrator = await world.orchestrator();
    await orchestrator.lock();
    expect(rootIn(await lockOf(world))).toBeUndefined();
    await orchestrator.ensure(MODEL);
    await orchestrator.verifyIntegrity(MODEL);
    expect(await orchestrator.lock()).toMatchObject({ written: true, parts: [{ action: 'kept' }] });
    const text = await lockOf(world);
    const header = Buffer.alloc(16);
    header.write('wanleaf1');
    header.writeBigUInt64LE(BigInt(leafBytes), 8);
    const bytes = await readFile(join(world.modelDir(MODEL), 'a.bin'));
    const leaves = [bytes.subarray(0, leafBytes), bytes.subarray(leafBytes)].map((leaf) => hash('sha256', leaf, 'buffer'));
    expect(rootIn(text)).toBe(hash('sha256', Buffer.concat([header, ...leaves])));
    expect(text.match(/piece_root/g), 'a small file is its own piece').toHaveLength(1);
    await rm(join(world.modelsRoot, '.state', 'pieces'), { recursive: true });
    for (const update of [false, true]) {
      expect(await orchestrator.lock([], { update })).toMatchObject({ written: false });
      expect(await lockOf(world)).toBe(text);
    }
  });
});
