import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { neverAnswer, seeded } from '../../../test/servers/http/fault-server.ts';
import { type ModelWorld, modelFixture, type UsedOrchestrator } from '../../../test/support/model-fixture.ts';
import { isInstalled } from '../../../test/support/real-server.ts';
import { checkInvariants } from '../../compose.ts';
import type { ModelEvent } from '../../domain/events.ts';
import type { GcReport } from '../../domain/gc.ts';
import { GarbageCollector } from './garbage-collector.ts';

const A = 'a-tiny@1.0.0';
const B = 'b-tiny@1.0.0';
const C = 'c-tiny@1.0.0';
const HOUR_MS = 3_600_000;
const SHARED = seeded(500_000, 9);

/** Three miniature models that share a text encoder, each used an hour later than the one before. Nothing waits in the trash. */
async function family(env: Record<string, string> = {}): Promise<{ world: ModelWorld; orchestrator: UsedOrchestrator }> {
  const model = (seed: number) => ({
    files: { 'text_encoder/model.safetensors': SHARED, 'transformer/own.safetensors': seeded(100_000, seed) },
  });
  const world = await modelFixture({ models: { [A]: model(1), [B]: model(2), [C]: model(3) }, env: { WAN_TRASH_TTL: '0', ...env } });
  const orchestrator = await world.orchestrator();
  for (const id of [A, B, C]) await orchestrator.ensure(id);
  for (const [index, id] of [A, B, C].entries()) usedAgo(world, id, (10 - index) * HOUR_MS);
  return { world, orchestrator };
}

function usedAgo(world: ModelWorld, id: string, agoMs: number): void {
  const then = (Date.now() - agoMs) / 1000;
  utimesSync(join(world.modelsRoot, '.state', 'access', `wan22@${id}`), then, then);
}

const gone = ({ items }: GcReport): string[] => items.filter(({ action }) => action === 'remove').map(({ what }) => what);
const reasonOf = ({ items }: Pick<GcReport, 'items'>, what: string): string | undefined => items.find((item) => item.what === what)?.reason;

/** What the file system says that all blobs take. */
function blobBytes(world: ModelWorld): number {
  const root = join(world.modelsRoot, '.blobs', 'sha256');
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return names.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

describe('a collection', () => {
  it('removes the longest unused model, keeps what others share, and frees that with the last of them', async () => {
    const { world, orchestrator } = await family();
    expect(blobBytes(world)).toBe(800_000);
    const first = await orchestrator.gc({ maxSizeBytes: 750_000 });
    expect(gone(first)).toEqual([A]);
    expect(first).toMatchObject({ reclaimedBytes: 100_000, keepBytes: 700_000, targets: [{ reachedBytes: 700_000, shortBytes: 0 }] });
    expect(blobBytes(world)).toBe(700_000);
    expect((await orchestrator.verifyIntegrity(B)).ok).toBe(true);
    const rest = await orchestrator.gc({ olderThanMs: HOUR_MS });
    expect(gone(rest)).toEqual([B, C]);
    expect(rest.items.map(({ bytes }) => bytes)).toEqual([100_000, 600_000]);
    expect(blobBytes(world)).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('plans exactly what it then does, and planning changes nothing', async () => {
    const { world, orchestrator } = await family();
    const collector = new GarbageCollector(orchestrator);
    const before = readdirSync(world.modelsRoot, { recursive: true }).length;
    const plan = await collector.plan({ maxSizeBytes: 650_000 });
    expect(readdirSync(world.modelsRoot, { recursive: true })).toHaveLength(before);
    const report = await collector.collect({ plan });
    expect(gone(report)).toEqual(plan.items.filter(({ action }) => action === 'remove').map(({ what }) => what));
    expect(report.reclaimedBytes).toBe(plan.removeBytes);
  });

  it('spares of a plan what was used, pinned or leased since', async () => {
    const { world, orchestrator } = await family();
    const plan = await orchestrator.planGc({ olderThanMs: HOUR_MS });
    usedAgo(world, A, 0);
    await orchestrator.pinModel(B);
    await using _lease = await orchestrator.lease(C);
    const report = await orchestrator.gc({ plan });
    expect(gone(report)).toEqual([]);
    expect([A, B, C].map((id) => reasonOf(report, id))).toEqual(['changed', 'pinned', 'changed']);
    expect(report).toMatchObject({ reclaimedBytes: 0, keepBytes: 800_000 });
  });

  it('leaves a model alone that was published anew since it was planned', async () => {
    const { orchestrator } = await family();
    const plan = await orchestrator.planGc({ olderThanMs: HOUR_MS });
    await orchestrator.remove(A);
    await orchestrator.ensure(A);
    expect(reasonOf(await orchestrator.gc({ plan }), A)).toBe('changed');
    expect((await orchestrator.status(A)).state).toBe('COMPLETE');
  });

  it('tells what it does in events', async () => {
    const { orchestrator } = await family();
    const events: ModelEvent[] = [];
    await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS, onEvent: (event) => events.push(event) });
    expect(events.map(({ type }) => type)).toEqual(['gc.started', 'gc.removed', 'gc.finished']);
    expect(events[1]).toMatchObject({ kind: 'model', what: A, bytes: 100_000, reason: 'older_than' });
    expect(events[2]).toMatchObject({ removed: 1, reclaimedBytes: 100_000 });
  });

  it('removes models by max_model_age without being asked to', async () => {
    const { orchestrator } = await family({ WAN_MAX_MODEL_AGE: '9h' });
    expect(gone(await orchestrator.gc())).toEqual([A, B]);
  });

  it('of what an ensure that failed had fetched keeps what is young, and frees what is old', async () => {
    const world = await modelFixture({
      models: { [A]: { files: { 'a.bin': seeded(3000, 1), 'b.bin': seeded(600_000, 2) }, sources: ['http'] } },
    });
    world.server('http').fault(`${A}/b.bin`, neverAnswer());
    const orchestrator = await world.orchestrator();
    const gaveUp = new AbortController();
    const onEvent = ({ type }: ModelEvent): void => void (type === 'file.finished' && gaveUp.abort());
    await expect(orchestrator.ensure(A, { signal: gaveUp.signal, onEvent })).rejects.toMatchObject({ code: 'CANCELLED' });
    const young = await orchestrator.gc();
    expect(young.items.map(({ kind, reason }) => [kind, reason])).toEqual(expect.arrayContaining([['blob', 'grace']]));
    expect(gone(young)).toEqual([]);
    await using later = await world.orchestrator({ env: { WAN_GC_GRACE: '0' } });
    const old = await later.gc();
    expect(old.items.filter(({ action }) => action === 'remove').map(({ kind }) => kind)).toContain('blob');
    expect(blobBytes(world)).toBe(0);
    expect(readdirSync(join(world.modelsRoot, '.tmp'))).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('keeps what was fetched for a pinned model that is not complete', async () => {
    const world = await modelFixture({
      models: { [A]: { files: { 'a.bin': seeded(3000, 1), 'b.bin': seeded(600_000, 2) }, sources: ['http'] } },
      env: { WAN_GC_GRACE: '0' },
    });
    world.server('http').fault(`${A}/b.bin`, neverAnswer());
    await using orchestrator = await world.orchestrator();
    await orchestrator.pinModel(A);
    await expect(orchestrator.ensure(A, { timeoutMs: 700 })).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT' });
    expect(gone(await orchestrator.gc())).toEqual([]);
    expect(blobBytes(world)).toBe(3000);
  });

  it('takes a last use that lies ahead for one just now, and lets the model grow old from then on', async () => {
    const { world, orchestrator } = await family();
    usedAgo(world, A, -48 * HOUR_MS);
    expect(gone(await orchestrator.gc({ olderThanMs: HOUR_MS }))).toEqual([B, C]);
    const { mtimeMs } = statSync(join(world.modelsRoot, '.state', 'access', `wan22@${A}`));
    expect(Math.abs(Date.now() - mtimeMs)).toBeLessThan(30_000);
  });

  it('lists what the manifest names no more, and removes it when asked by age', async () => {
    const { world } = await family();
    await world.write({ [B]: { files: { a: 'x' } } });
    await using orchestrator = await world.orchestrator();
    expect(reasonOf(await orchestrator.planGc(), A)).toBe('not_in_manifest');
    expect(gone(await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS }))).toEqual([A]);
    expect(existsSync(world.modelDir(A))).toBe(false);
  });

  it('does nothing, and makes nothing, where there is no store', async () => {
    const world = await modelFixture({ files: { a: 'x' } });
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.gc({ maxSizeBytes: 1, freeBytes: 1 })).toMatchObject({ items: [], reclaimedBytes: 0 });
    expect(existsSync(world.modelsRoot)).toBe(false);
  });
});

describe('the trash', () => {
  const inTrash = (world: ModelWorld): string[] =>
    existsSync(join(world.modelsRoot, '.trash')) ? readdirSync(join(world.modelsRoot, '.trash')) : [];

  it('keeps what gc removed, which comes back without a byte being fetched', async () => {
    const { world, orchestrator } = await family({ WAN_TRASH_TTL: '1h' });
    const events: ModelEvent[] = [];
    const report = await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS, onEvent: (event) => events.push(event) });
    expect(report).toMatchObject({ reclaimedBytes: 0, trashBytes: 100_000, keepBytes: 700_000 });
    expect(report.items[0]).toMatchObject({ what: A, action: 'trash', reason: 'older_than', bytes: 100_000 });
    expect(report.items[0]?.expiresMs).toBeGreaterThan(Date.now() + 0.9 * HOUR_MS);
    expect(events.map(({ type }) => type)).toEqual(['gc.started', 'gc.trashed', 'gc.finished']);
    expect(await orchestrator.status(A)).toMatchObject({ state: 'NOT_PRESENT', bytesNeeded: 0 });
    expect(existsSync(world.modelDir(A))).toBe(false);
    expect(blobBytes(world)).toBe(800_000);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    // Whatever mends debris leaves it alone, and a collection that nobody needs room from, too.
    await orchestrator.remove(B);
    const later = await orchestrator.gc();
    expect(reasonOf(later, A)).toBe('in_trash');
    expect(later.keepBytes, 'of the models alone').toBe(600_000);
    expect(await orchestrator.ensureDetailed(A, { offline: true })).toMatchObject({ fetchedBytes: 0, totalBytes: 600_000 });
    expect((await orchestrator.verifyIntegrity(A)).ok).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([
    ['a purge', (orchestrator: UsedOrchestrator) => orchestrator.gc({ purge: true })],
    ['a wish for free space', (orchestrator: UsedOrchestrator) => orchestrator.gc({ freeBytes: 2 ** 60 })],
    ['rm of the model', (orchestrator: UsedOrchestrator) => orchestrator.remove(A)],
  ])('is emptied by %s', async (_, act) => {
    const { world, orchestrator } = await family({ WAN_TRASH_TTL: '1h' });
    await orchestrator.pinModel(B);
    await orchestrator.pinModel(C);
    await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS });
    expect(inTrash(world)).toHaveLength(1);
    expect(await act(orchestrator)).toMatchObject({ reclaimedBytes: 100_000 });
    expect(inTrash(world)).toEqual([]);
    expect(blobBytes(world)).toBe(700_000);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([
    ['a collection', async (orchestrator: UsedOrchestrator) => void (await orchestrator.gc())],
    ['whoever takes a lock next', async (orchestrator: UsedOrchestrator) => void (await orchestrator.remove(C))],
  ])('is emptied by %s once its time is over', async (_, act) => {
    const { world, orchestrator } = await family({ WAN_TRASH_TTL: '1s' });
    await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS });
    expect(inTrash(world)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await act(orchestrator);
    expect(inTrash(world)).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is a reference: what it shares with a model that is removed for room stays', async () => {
    const { world, orchestrator } = await family({ WAN_TRASH_TTL: '1h' });
    await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS });
    expect(await orchestrator.remove(B)).toMatchObject({ reclaimedBytes: 100_000 });
    expect(await orchestrator.remove(C)).toMatchObject({ reclaimedBytes: 100_000, sharedBytes: 500_000 });
    expect(blobBytes(world)).toBe(600_000);
    expect(await orchestrator.ensureDetailed(A, { offline: true })).toMatchObject({ fetchedBytes: 0 });
  });

  it('holds nothing by a record that is torn', async () => {
    const { world, orchestrator } = await family({ WAN_TRASH_TTL: '1h' });
    await orchestrator.gc({ olderThanMs: 9.5 * HOUR_MS });
    writeFileSync(join(world.modelsRoot, '.trash', inTrash(world)[0] ?? '', 'removed.json'), '{"torn');
    await orchestrator.gc();
    expect(inTrash(world)).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('a collection is refused, and removes nothing,', () => {
  it.each([
    ['manifest', 'MANIFEST_INVALID', (world: ModelWorld) => writeFileSync(world.manifestPath, 'schema_version = 1\n[models."x"')],
    ['lockfile', 'LOCKFILE_STALE', (world: ModelWorld) => writeFileSync(join(world.directory, 'models.lock'), 'not a lockfile [')],
    ['record of a model', 'FILESYSTEM_ERROR', (world: ModelWorld) => writeFileSync(join(world.modelDir(B), '.torn'), '')],
  ] as const)('where the %s cannot be read', async (what, code, damage) => {
    const { world } = await family({ WAN_GC_GRACE: '0' });
    if (what === 'record of a model') await rm(join(world.modelDir(B), '.verified.json'));
    damage(world);
    await using orchestrator = await world.orchestrator();
    await expect(orchestrator.gc({ olderThanMs: 1 })).rejects.toMatchObject({ code });
    for (const id of [A, B, C]) expect(existsSync(world.modelDir(id))).toBe(true);
    expect(blobBytes(world)).toBe(800_000);
  });
});

describe.runIf(process.platform === 'linux' && isInstalled('python3'))('a model that a program has open', () => {
  /** Runs Python until the test is over; resolves once it has printed a line. */
  async function python(script: string, ...args: string[]): Promise<number> {
    const child = spawn('python3', ['-c', `${script}\nprint('ready', flush=True)\nimport time\ntime.sleep(60)`, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child.pid ?? 0;
  }

  it.each([
    ['mapped', 'import mmap, sys\nf = open(sys.argv[1], "rb")\nm = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)\nf.close()'],
    ['open', 'import sys\nf = open(sys.argv[1], "rb")'],
  ])('is kept while it is %s, and the plan says by whom', async (how, script) => {
    const { world, orchestrator } = await family();
    const pid = await python(script, join(world.modelDir(B), 'transformer', 'own.safetensors'));
    const report = await orchestrator.gc({ olderThanMs: HOUR_MS });
    expect(gone(report)).toEqual([A, C]);
    expect(report.items.find(({ what }) => what === B)).toMatchObject({ reason: 'open', why: `${how} by pid ${pid} (python3)` });
    expect(report.inUse.looked).toBe(true);
    expect((await orchestrator.verifyIntegrity(B)).ok).toBe(true);
  });

  it('is kept, too, when it is opened after the plan', async () => {
    const { world, orchestrator } = await family();
    const plan = await orchestrator.planGc({ olderThanMs: HOUR_MS });
    await python('import sys\nf = open(sys.argv[1], "rb")', join(world.modelDir(A), 'transformer', 'own.safetensors'));
    const report = await orchestrator.gc({ plan });
    expect(gone(report)).toEqual([B, C]);
    expect(reasonOf(report, A)).toBe('open');
  });
});

it('a folder that nobody can explain is kept, and stops no collection', async () => {
  const { world, orchestrator } = await family();
  await mkdir(join(world.modelsRoot, 'wan22', 'copy-of-a'), { recursive: true });
  const { copyFile } = await import('node:fs/promises');
  await copyFile(join(world.modelDir(A), '.verified.json'), join(world.modelsRoot, 'wan22', 'copy-of-a', '.verified.json'));
  const report = await orchestrator.gc({ olderThanMs: HOUR_MS });
  expect(gone(report)).toEqual([A, B, C]);
  expect(reasonOf(report, 'wan22/copy-of-a')).toBe('foreign');
  expect(blobBytes(world), 'what the copy names is counted on').toBe(600_000);
});

describe("a model with somebody's own file in its folder", () => {
  const layIn = (world: ModelWorld): void => writeFileSync(join(world.modelDir(A), 'transformer', 'my-lora.safetensors'), 'mine');

  it('is kept by a plan, which says so', async () => {
    const { world, orchestrator } = await family();
    layIn(world);
    const plan = await orchestrator.planGc({ olderThanMs: HOUR_MS });
    expect(plan.items.find(({ what }) => what === A)).toMatchObject({ action: 'keep', reason: 'foreign' });
    expect(gone(await orchestrator.gc({ plan }))).toEqual([B, C]);
    expect(existsSync(join(world.modelDir(A), 'transformer', 'my-lora.safetensors'))).toBe(true);
  });

  it('is kept, too, when it came after the plan', async () => {
    const { world, orchestrator } = await family();
    const plan = await orchestrator.planGc({ olderThanMs: HOUR_MS });
    layIn(world);
    const report = await orchestrator.gc({ plan });
    expect(gone(report)).toEqual([B, C]);
    expect(reasonOf(report, A)).toBe('foreign');
    expect(existsSync(join(world.modelDir(A), 'transformer', 'my-lora.safetensors'))).toBe(true);
  });
});
