/** Models that no manifest has, carried from one registry to another. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultServer, literal, seeded } from '../../../test/servers/http/fault-server.ts';
import { forgeBundle, indexIn, shaOf } from '../../../test/support/forge-bundle.ts';
import { MODEL, type ModelWorld, modelFixture, type UsedOrchestrator } from '../../../test/support/model-fixture.ts';
import { uploadModel } from '../../../test/support/upload-model.ts';
import { MAX_ENTRIES_TEXT } from '../../backends/bundle/carried-entries.ts';
import { checkInvariants, inspectBundle, verifyBundle } from '../../compose.ts';
import type { Entries, RegistryEntry } from '../../domain/registry-entry.ts';

const MINE = 'my-lora@1.0.0';
const WEIGHTS = new Uint8Array(seeded(300_001, 5).read(0, 300_001));
const CONFIG = '{"r":16}';
const NOTED = {
  type: 'text-to-video',
  description: 'A style.\nOf two lines.',
  tags: ['style', 'prod'],
  metadata: { r: 16, by: ['me', null] },
};
const LORA = { files: { 'adapter/lora.bin': WEIGHTS, 'config.json': CONFIG, 'empty.txt': '' }, ...NOTED };

interface Made {
  readonly world: ModelWorld;
  readonly bundle: string;
}

async function made(refs: readonly string[] = [MINE]): Promise<Made> {
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' } });
  await using here = await world.orchestrator();
  await here.ensure(MODEL);
  await uploadModel(here, MINE, LORA);
  const bundle = join(world.directory, 'x.wanb');
  await here.createBundle(refs, { out: bundle });
  return { world, bundle };
}

interface There {
  readonly far: UsedOrchestrator;
  readonly root: string;
  readonly registry: string;
}

async function there(world: ModelWorld, env: Readonly<Record<string, string>> = {}): Promise<There> {
  const root = join(world.directory, 'far', 'models');
  const far = await world.orchestrator({ env: { MODELS_ROOT: root, ...env } });
  return { far, root, registry: join(root, '.state', 'registry', 'models.json') };
}

const entriesIn = (file: string): Record<string, object> =>
  (JSON.parse(readFileSync(file, 'utf8')) as { models: Record<string, object> }).models;

describe('a bundle of an uploaded model', () => {
  it('makes it a model of another root, under its name, with what was noted of it, by a bundle that is the same to the byte', async () => {
    const { world, bundle } = await made([MODEL, MINE]);
    const { far, root, registry } = await there(world);
    expect(await far.applyBundle(bundle)).toMatchObject({
      applied: [{ path: join(root, 'custom', MINE) }, { ref: { modelId: MODEL } }],
      registry: { path: registry, added: [MINE] },
    });
    expect(await far.status(MINE)).toMatchObject({ state: 'COMPLETE', proof: 'manifest-sha256', fileCount: 3 });
    expect(readFileSync(join(root, 'custom', MINE, 'adapter/lora.bin')).equals(WEIGHTS)).toBe(true);
    expect(await far.verifyIntegrity(MINE, { deep: true })).toMatchObject({ ok: true });
    const { entry } = await far.findEntry(MINE);
    await using here = await world.orchestrator();
    const { madeBy: _, uploadedAs, revision: __, ...original } = (await here.findEntry(MINE)).entry as RegistryEntry;
    expect(entry).toEqual({ ...original, revision: 1 });
    expect(uploadedAs).toBeDefined();
    const again = join(world.directory, 'again.wanb');
    await far.createBundle([MINE, MODEL], { out: again });
    expect(readFileSync(again).equals(readFileSync(bundle))).toBe(true);
    for (const one of [root, world.modelsRoot]) expect(await checkInvariants(one)).toEqual([]);
  });

  it('says what the entry says, and nothing of the requests that made it', async () => {
    const { world, bundle } = await made();
    const { entries, models, manifest } = await inspectBundle(bundle);
    expect(models).toEqual([{ ref: MINE, family: 'custom', fileCount: 3, totalBytes: WEIGHTS.length + CONFIG.length }]);
    expect(entries).toMatchObject([
      { modelId: MINE, ...NOTED, revision: 1, files: [{ path: 'adapter/lora.bin', sha256: shaOf(WEIGHTS) }, {}, {}] },
    ]);
    expect(manifest).toBe('schema_version = 1\n');
    expect(readFileSync(bundle, 'latin1')).not.toMatch(/made_by|uploaded_as|some bytes/);
    await verifyBundle(bundle);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('of models of the manifest alone is what it was before there was a registry in them', async () => {
    const { bundle } = await made([MODEL]);
    const text = readFileSync(bundle, 'latin1');
    expect([text.includes('"wan.bundle/v1"'), text.includes('"registry"')]).toEqual([true, false]);
  });

  it('applied again, or by two at once, changes nothing more, and what is noted here stays', async () => {
    const { world, bundle } = await made();
    const { far, root, registry } = await there(world);
    const both = await Promise.all([far.applyBundle(bundle), far.applyBundle(bundle)]);
    expect(both.flatMap((one) => one.registry?.added)).toEqual([MINE]);
    await far.annotate(MINE, { fields: { tags: ['ours'] }, isWhole: false });
    const before = readFileSync(registry);
    expect(await far.applyBundle(bundle)).toMatchObject({ adoptedBytes: 0, registry: { added: [] } });
    expect(readFileSync(registry).equals(before)).toBe(true);
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('keeps what was noted where the model was registered before its bytes came, or removed', async () => {
    const { world, bundle } = await made();
    const { far, registry } = await there(world);
    await far.register({ modelId: MINE, fields: { description: 'ours' }, madeBy: 'a'.repeat(32) });
    await far.applyBundle(bundle);
    expect(entriesIn(registry)[MINE]).toMatchObject({ description: 'ours', tags: NOTED.tags, made_by: 'a'.repeat(32), revision: 2 });
    await far.unregister(MINE);
    await far.applyBundle(bundle);
    expect(entriesIn(registry)[MINE]).toMatchObject({ description: NOTED.description, revision: 4 });
    expect(await far.status(MINE)).toMatchObject({ state: 'COMPLETE' });
  });

  it.each([
    ['other bytes under its name', MINE],
    ['its name in other letters', 'My-LoRA@1.0.0'],
  ])('is refused where the registry has %s, and changes nothing', async (_, id) => {
    const { world, bundle } = await made([MODEL, MINE]);
    const { far, root, registry } = await there(world);
    await uploadModel(far, id, { files: { 'other.bin': 'other' } });
    const before = readFileSync(registry);
    const refused = { code: 'DRIFT', reason: 'registry_differs', details: { model: MINE } };
    await expect(far.applyBundle(bundle)).rejects.toMatchObject(refused);
    await expect(far.applyBundle(bundle, { manifestOut: join(world.directory, 'new.toml') })).rejects.toMatchObject(refused);
    expect(readFileSync(registry).equals(before)).toBe(true);
    expect([existsSync(join(root, 'wan22')), existsSync(join(world.directory, 'new.toml'))]).toEqual([false, false]);
    expect(readFileSync(join(root, 'custom', id, 'other.bin'), 'utf8')).toBe('other');
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('is refused where other files are published under its name, though the registry is lost', async () => {
    const { world, bundle } = await made();
    const { far, root, registry } = await there(world);
    await uploadModel(far, MINE, { files: { 'other.bin': 'the only copy' } });
    renameSync(registry, `${registry}.lost`);
    await expect(far.applyBundle(bundle)).rejects.toMatchObject({ code: 'DRIFT', reason: 'registry_differs' });
    expect(readFileSync(join(root, 'custom', MINE, 'other.bin'), 'utf8')).toBe('the only copy');
  });

  it('with a registry that is damaged is refused, and the registry stays as it is', async () => {
    const { world, bundle } = await made();
    const { far, registry } = await there(world);
    mkdirSync(dirname(registry), { recursive: true });
    writeFileSync(registry, '{');
    await expect(far.applyBundle(bundle)).rejects.toMatchObject({ code: 'MANIFEST_INVALID', reason: 'registry_invalid' });
    expect(readFileSync(registry, 'utf8')).toBe('{');
  });

  it('where there is no manifest needs one made, which then is empty', async () => {
    const { world, bundle } = await made();
    const { far, root } = await there(world, { WAN_MODELS_MANIFEST: join(world.directory, 'far', 'models.toml') });
    await expect(far.applyBundle(bundle)).rejects.toMatchObject({
      code: 'MISSING_MANIFEST',
      hint: expect.stringContaining('--manifest-out'),
    });
    const manifestOut = join(world.directory, 'far', 'models.toml');
    expect(await far.applyBundle(bundle, { manifestOut })).toMatchObject({ manifest: { added: [] }, registry: { added: [MINE] } });
    expect(readFileSync(manifestOut, 'utf8')).toBe('schema_version = 1\n');
    expect(await far.status(MINE)).toMatchObject({ state: 'COMPLETE' });
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('is held to the manifest here where that has a model of its name', async () => {
    const { world, bundle } = await made();
    const { far } = await there(world);
    await world.write({ [MINE]: { files: { 'config.json': CONFIG } } });
    await expect(far.applyBundle(bundle)).rejects.toMatchObject({ code: 'DRIFT', reason: 'manifest_differs', details: { model: MINE } });
  });

  it('with one wrong bit notes nothing, and goes on with a right one', async () => {
    const { world, bundle } = await made();
    const { far, registry } = await there(world);
    const bad = join(world.directory, 'bad.wanb');
    const bytes = readFileSync(bundle);
    const at = bytes.indexOf(WEIGHTS.subarray(1000, 1100));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(bad, bytes);
    await expect(far.applyBundle(bad)).rejects.toMatchObject({ code: 'CHECKSUM_FAIL', reason: 'bundle_damaged' });
    expect(existsSync(registry)).toBe(false);
    await far.applyBundle(bundle);
    expect(await far.status(MINE)).toMatchObject({ state: 'COMPLETE' });
  });

  it('is never taken by garbage collection where it came to: nothing else has its bytes', async () => {
    const { world, bundle } = await made();
    const { far } = await there(world, { WAN_GC_GRACE: '0' });
    await far.applyBundle(bundle);
    const { items } = await far.gc({ maxSizeBytes: 0, olderThanMs: 1, purge: true });
    expect(items.find(({ what }) => what === MINE)).toMatchObject({ action: 'keep', reason: 'only_copy' });
  });
});

describe('a bundle of a model that was registered by URL', () => {
  it('carries where it comes from, but no URL with a query, and needs no socket', async () => {
    const server = await FaultServer.start();
    const world = await modelFixture({ files: { 'a.bin': 'some bytes' }, env: { WAN_ALLOWED_INTERNAL_HOSTS: '127.0.0.1' } });
    await using here = await world.orchestrator();
    const file = (path: string, url: string) => {
      server.put(path, literal(CONFIG));
      return { path, url, sizeBytes: CONFIG.length, sha256: shaOf(Buffer.from(CONFIG)) };
    };
    const plain = file('a.json', `${server.url}/a.json`);
    const asked = file('b.json', `${server.url}/b.json?download=1`);
    await here.register({ modelId: MINE, fields: NOTED, files: [plain, asked] });
    await here.ensure(MINE);
    const bundle = join(world.directory, 'x.wanb');
    await here.createBundle([MINE], { out: bundle });
    await server.stop();
    const { far, root, registry } = await there(world);
    await far.applyBundle(bundle);
    expect(entriesIn(registry)[MINE]).toMatchObject({ files: [{ path: 'a.json', url: plain.url }, { path: 'b.json' }] });
    expect(readFileSync(registry, 'utf8')).not.toContain('download=1');
    expect(await far.status(MINE)).toMatchObject({ state: 'COMPLETE' });
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('of a repository of the Hub carries that, at its commit', async () => {
    const { world, bundle } = await made();
    const source = `hf://org/lora@${'0123456789'.repeat(4)}`;
    const forged = join(world.directory, 'hub.wanb');
    writeFileSync(
      forged,
      forge(bundle, (entry) => ({ ...entry, source })),
    );
    const { far, registry } = await there(world);
    await far.applyBundle(forged);
    expect(entriesIn(registry)[MINE]).toMatchObject({ source });
    expect((await far.show(MINE)).sources).toEqual([source]);
    const again = join(world.directory, 'again.wanb');
    await far.createBundle([MINE], { out: again });
    expect(readFileSync(again).equals(readFileSync(forged))).toBe(true);
  });
});

/** The same bytes with another entry. */
function forge(bundle: string, change: (entry: RegistryEntry) => RegistryEntry, id = MINE): Buffer {
  const index = indexIn(bundle);
  const entries: Entries = new Map([...(index.entries?.values() ?? [])].map((entry) => [id, change({ ...entry, modelId: id })]));
  return forgeBundle({ ...index, entries }, [WEIGHTS, Buffer.from(CONFIG), new Uint8Array()]);
}

describe('a bundle whose registry somebody made to do harm', () => {
  /** The text as it stands in the index, whatever encoding it would make of it. */
  function rewritten(bundle: string, change: (text: string) => string): Buffer {
    const index = indexIn(bundle);
    const text = JSON.stringify(change(registryText(bundle)));
    return forgeBundle(index, [WEIGHTS, Buffer.from(CONFIG), new Uint8Array()], (made) =>
      made.replace(/"registry": ".*"\n/, () => `"registry": ${text}\n`),
    );
  }

  const registryText = (bundle: string): string => {
    const found = /"registry": (".*")\n/.exec(readFileSync(bundle, 'utf8'))?.[1];
    return JSON.parse(found ?? '""') as string;
  };

  it.each<[string, string, (text: string) => string]>([
    ['is no JSON', 'registry_invalid', () => '{'],
    ['is of another version', 'registry_invalid', (text) => text.replace('wan.registry/v1', 'wan.registry/v2')],
    ['names no model', 'registry_models', (text) => text.replace(/"models": \{[\s\S]*\}/, '"models": {\n\n  }\n}')],
    ['has a path that climbs', 'registry_invalid', (text) => text.replace('config.json', '../c.json')],
    ['has another digest', 'registry_models', (text) => text.replace(shaOf(WEIGHTS), 'f'.repeat(64))],
    ['says another size', 'registry_models', (text) => text.replace('"size":8', '"size":9')],
    ['speaks of another model', 'registry_models', (text) => text.replaceAll(MINE, 'other@1.0.0')],
    ['is of a model of a manifest', 'registry_invalid', (text) => text.replace('"custom":true', '"custom":false')],
    [
      'has a URL with credentials',
      'registry_invalid',
      (text) => text.replace('"size":8', '"size":8,"url":"https://me:secret@example.com/x"'),
    ],
    ['has a signed URL', 'registry_invalid', (text) => text.replace('"size":8', '"size":8,"url":"https://example.com/x?sig=1"')],
    ['has text that cannot be seen', 'registry_invalid', (text) => text.replace('A style.', 'A \\u202e style.')],
    [
      'has a moment with more in it',
      'index_form',
      (text) => text.replace(/"created_at":"[^"]*"/, '"created_at":"2026-01-01 (\\u001b[2J)"'),
    ],
    ['counts changes of another registry', 'index_form', (text) => text.replace('"revision":1', '"revision":9007199254740991')],
    ['claims to come of an upload', 'index_form', (text) => text.replace('"revision":1', '"revision":1,"uploaded_as":"x"')],
    ['says something twice', 'index_form', (text) => text.replace('"custom":true', '"custom":true,"custom":true')],
  ])('%s', async (_, reason, change) => {
    const { world, bundle } = await made();
    const bad = join(world.directory, 'bad.wanb');
    writeFileSync(bad, rewritten(bundle, change));
    const refused = { code: 'FORMAT_INVALID', reason };
    await expect(inspectBundle(bad)).rejects.toMatchObject(refused);
    const { far, root } = await there(world);
    await expect(far.applyBundle(bad)).rejects.toMatchObject(refused);
    expect(existsSync(root)).toBe(false);
  });

  it('as large as one may be, all empty objects, costs bounded memory', async () => {
    const { world, bundle } = await made();
    const bad = join(world.directory, 'bad.wanb');
    const start = '{"schema":"wan.registry/v1","models":{"a@1.0.0":{"metadata":[';
    writeFileSync(
      bad,
      rewritten(bundle, () => `${start}${'{},'.repeat((MAX_ENTRIES_TEXT - start.length - 10) / 3)}0]}}}`),
    );
    const script = `import('./src/compose.ts').then(({ inspectBundle }) => inspectBundle(process.argv[1])).catch(({ code, reason }) =>
      console.log(code, reason, process.resourceUsage().maxRSS))`;
    const [code, reason, peakKib] = execFileSync(process.execPath, ['-e', script, bad], { encoding: 'utf8' }).trim().split(' ');
    expect([code, reason]).toEqual(['FORMAT_INVALID', 'registry_invalid']);
    expect(Number(peakKib)).toBeLessThan(400 * 1024);
  });

  it('is no registry of version 1, and one of a later version is told as that', async () => {
    const { world, bundle } = await made();
    const bad = join(world.directory, 'bad.wanb');
    const index = indexIn(bundle);
    const as = (schema: string) =>
      forgeBundle(index, [WEIGHTS, Buffer.from(CONFIG), new Uint8Array()], (text) => text.replace('wan.bundle/v2', schema));
    writeFileSync(bad, as('wan.bundle/v1'));
    await expect(inspectBundle(bad)).rejects.toMatchObject({ code: 'FORMAT_INVALID', reason: 'index_shape' });
    writeFileSync(bad, as('wan.bundle/v3'));
    await expect(inspectBundle(bad)).rejects.toMatchObject({
      code: 'SCHEMA_VERSION_MISMATCH',
      message: expect.stringContaining('wan.bundle/v3'),
    });
  });
});
