import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, type TestStore, testStore } from '../../test/support/test-store.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { ModelError } from '../domain/errors.ts';
import type { FileSpec } from '../domain/spec.ts';
import { checkInvariants } from './check-invariants.ts';
import { healBlob } from './heal-blob.ts';
import { inspectSnapshot } from './inspect-snapshot.ts';
import { beginIntent } from './intents.ts';
import { keptTrash } from './kept-trash.ts';
import { publishSnapshot } from './publish-snapshot.ts';
import { recover } from './recover.ts';
import { lookAtSnapshot, readSnapshot } from './snapshots.ts';
import { stageSnapshot } from './stage-snapshot.ts';
import { removeSnapshot, sweepBlobs } from './sweep.ts';

const ref = { modelId: 't2v-A14B@2.2.0' };
const specDigest = digestOf(Buffer.from('spec'));
const contents = { 'model_index.json': Buffer.from('{}'), 'vae/weights.bin': Buffer.alloc(70_000, 7), 'empty.txt': Buffer.alloc(0) };

const fileSpec = ([path, bytes]: [string, Buffer]): FileSpec => ({
  path,
  sizeBytes: bytes.length,
  sha256: digestOf(bytes),
  proof: 'manifest-sha256',
  optional: false,
  shardIndex: false,
});
const files = Object.entries(contents).map(fileSpec);
const digest = digestOf(contents['vae/weights.bin']);

async function stage(store: TestStore, modelId = ref.modelId, uuid = crypto.randomUUID() as string): Promise<string> {
  const { context, blobs } = store;
  for (const bytes of Object.values(contents)) if (blobs.state(digestOf(bytes), bytes.length) !== 'proven') await store.commit(bytes);
  const directory = context.resolver.stagingDir('wan22', { modelId }, uuid);
  const record = {
    ref: { modelId },
    variant: 'fp32',
    specDigest,
    generation: uuid,
    verifiedAt: new Date().toISOString(),
    leftOut: [],
  };
  const staged = files.map(({ path, sha256, proof }) => ({ path, sha256: sha256 as Sha256, proof }));
  await stageSnapshot(context, blobs, {
    directory,
    files: staged,
    record,
    lock: (digest) => context.locks.acquire(context.resolver.blobLock(digest), { timeoutMs: 5000, doing: 'test' }),
  });
  return directory;
}

async function publish(store: TestStore, modelId = ref.modelId): Promise<string> {
  const target = store.context.resolver.modelDir('wan22', { modelId });
  await publishSnapshot(store.context, store.blobs, { ref: { modelId }, family: 'wan22', staged: await stage(store, modelId), target });
  return target;
}

const conditions = (store: TestStore, directory: string) =>
  inspectSnapshot(store.context, directory, { files, spec: { specDigest } }).files.map((file) => file.condition);

const noGuard = (): Promise<void> => Promise.resolve();

describe('publishing', () => {
  it('puts every file and the record in place, proven, and leaves no staging', async () => {
    const store = await testStore();
    const directory = await publish(store);
    expect(inspectSnapshot(store.context, directory, { files, spec: { specDigest } }).complete).toBe(true);
    expect(readFileSync(join(directory, 'vae/weights.bin')).equals(contents['vae/weights.bin'])).toBe(true);
    expect(readdirSync(store.context.resolver.tmpDir)).toEqual([]);
    expect(await checkInvariants(store.context)).toEqual([]);
  });

  it('puts nothing in place where a blob is gone that it counts on', async () => {
    const store = await testStore();
    const staged = await stage(store);
    rmSync(store.blobs.path(digest));
    const target = store.context.resolver.modelDir('wan22', ref);
    expect(await publishSnapshot(store.context, store.blobs, { ref, family: 'wan22', staged, target })).toBe(false);
    expect([existsSync(target), existsSync(staged)]).toEqual([false, true]);
  });

  it('replaces a published directory in one step, without a trace of the old one', async () => {
    const store = await testStore();
    const first = readSnapshot(store.context, await publish(store));
    const directory = await publish(store);
    expect(readSnapshot(store.context, directory)?.generation).not.toBe(first?.generation);
    expect(conditions(store, directory)).toEqual(['proven', 'proven', 'proven']);
    expect(readdirSync(store.context.resolver.trashDir())).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('keeps the old one, with what somebody laid in and cannot be taken along', async () => {
    const store = await testStore();
    const directory = await publish(store);
    const laid = (folder: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x67, 0xf6, 0xdf])]);
    writeFileSync(laid(directory), 'mine');
    const failure: unknown = await publish(store).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'PATH_UNSAFE', reason: 'foreign_in_the_way' });
    expect(conditions(store, directory)).toEqual(['proven', 'proven', 'proven']);
    await recover(store.context, store.blobs, { wanted: [] });
    const [kept] = keptTrash(store.context);
    expect((failure as ModelError).details.kept).toBe(kept?.snapshot);
    expect(readFileSync(laid(kept?.snapshot ?? ''), 'utf8')).toBe('mine');
    expect(readdirSync(store.context.resolver.tmpDir)).toEqual([]);
    expect(await checkInvariants(store.context)).toEqual([]);
  });

  it.each([
    ['before the first rename', false],
    ['between the two renames', true],
  ])('a publication in two renames that died %s is completed by whoever comes next', async (_name, oldAside) => {
    const store = await testStore();
    const { resolver } = store.context;
    const target = await publish(store);
    const intent = await beginIntent(store.context, { ref: 'dead', digests: [] });
    const staged = await stage(store, ref.modelId, intent.uuid);
    const aside = resolver.trashDir(crypto.randomUUID());
    mkdirSync(resolver.trashDir(), { recursive: true });
    const { writeRecord } = await import('./record.ts');
    const record = { staged: resolver.relative(staged), aside: resolver.relative(aside), target: resolver.relative(target) };
    await writeRecord(store.context, resolver.stateFile('publish', 'x'), record, { durable: true });
    if (oldAside) renameSync(target, aside);
    await intent.end();
    writeFileSync(resolver.stateFile('intents', intent.uuid), '');
    await recover(store.context, store.blobs, { wanted: [] });
    expect(readSnapshot(store.context, target)?.generation).toBe(intent.uuid);
    expect(readdirSync(resolver.trashDir())).toEqual([]);
    expect(readdirSync(resolver.stateDir('publish'))).toEqual([]);
    expect(await checkInvariants(store.context)).toEqual([]);
  });
});

describe('inspecting', () => {
  it('tells missing, cut, modified and outdated files apart', async () => {
    const store = await testStore();
    const directory = await publish(store);
    const [index, weights, empty] = ['model_index.json', 'vae/weights.bin', 'empty.txt'].map((path) => join(directory, path)) as [
      string,
      string,
      string,
    ];
    rmSync(index);
    chmodSync(weights, 0o644);
    writeFileSync(weights, Buffer.alloc(70_000, 8));
    rmSync(empty);
    writeFileSync(empty, 'x');
    expect(conditions(store, directory)).toEqual(['missing', 'modified', 'size']);
    const other = files.map((file) => ({ ...file, sha256: digestOf(Buffer.from('other')) }));
    const outdated = inspectSnapshot(store.context, await publish(store, 'i2v-A14B@2.2.0'), { files: other, spec: { specDigest } }).files;
    expect(outdated.map((file) => file.condition)).toEqual(['outdated', 'outdated', 'outdated']);
  });

  it('a change of ctime alone is a stale proof, not corruption', async () => {
    const store = await testStore();
    const directory = await publish(store);
    chmodSync(join(directory, 'vae/weights.bin'), 0o440);
    expect(conditions(store, directory)).toEqual(['proven', 'touched', 'proven']);
  });

  it('sharing a blob with a second model keeps the first one proven', async () => {
    const store = await testStore();
    const first = await publish(store);
    const second = await publish(store, 'i2v-A14B@2.2.0');
    expect([...conditions(store, first), ...conditions(store, second)]).toEqual(Array(6).fill('proven'));
  });

  it('a torn record leaves the files unproven', async () => {
    const store = await testStore();
    const directory = await publish(store);
    writeFileSync(join(directory, '.verified.json'), '{"schema":"wan.verified/v1"');
    expect(conditions(store, directory)).toEqual(['unproven', 'unproven', 'unproven']);
  });
});

describe('healing', () => {
  it.each([
    ['a folder in the place of the file', (file: string) => mkdirSync(join(file, 'mine'), { recursive: true })],
    ['a file in the place of its folder', (file: string) => writeFileSync(dirname(file), 'mine')],
  ])('one model is healed though another one has %s', async (_, layIn) => {
    const store = await testStore();
    const [whole, odd] = [await publish(store), await publish(store, 'i2v-A14B@2.2.0')];
    const inVae = join(odd, 'vae');
    rmSync(inVae, { recursive: true });
    layIn(join(inVae, 'weights.bin'));
    rmSync(store.blobs.path(digest));
    await store.commit(contents['vae/weights.bin']);
    expect(await healBlob(store.context, store.blobs, digest)).toEqual([store.context.resolver.relative(join(whole, 'vae/weights.bin'))]);
    expect(conditions(store, whole)).toEqual(['proven', 'proven', 'proven']);
  });

  it('a replaced blob is relinked in every snapshot that names it, and its mark is cleared', async () => {
    const store = await testStore();
    const directories = [await publish(store), await publish(store, 'i2v-A14B@2.2.0')];
    const path = store.blobs.path(digest);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.alloc(70_000, 9));
    await store.blobs.marks.mark(digest, 'bad');
    expect(conditions(store, directories[0] as string)[1]).toBe('digest');
    await store.commit(contents['vae/weights.bin']);
    const links = await healBlob(store.context, store.blobs, digest);
    expect(links.sort()).toEqual(['wan22/i2v-A14B@2.2.0/vae/weights.bin', 'wan22/t2v-A14B@2.2.0/vae/weights.bin']);
    for (const directory of directories) expect(conditions(store, directory)).toEqual(['proven', 'proven', 'proven']);
    expect(await checkInvariants(store.context)).toEqual([]);
  });
});

describe('a look without a lock', () => {
  it('tells a snapshot that is gone from one whose record is torn', async () => {
    const store = await testStore();
    const directory = await publish(store);
    expect(lookAtSnapshot(store.context, directory)).toMatchObject({ ref: { modelId: expect.any(String) } });
    writeFileSync(join(directory, '.verified.json'), '{"torn');
    expect(lookAtSnapshot(store.context, directory)).toBe('unreadable');
    rmSync(directory, { recursive: true });
    expect(lookAtSnapshot(store.context, directory)).toBe('gone');
  });
});

describe('removing', () => {
  it('keeps blobs that another model uses, and gives back the rest with the last one', async () => {
    const store = await testStore();
    const [first, second] = [await publish(store), await publish(store, 'i2v-A14B@2.2.0')];
    expect(await removeSnapshot(store.context, store.blobs, first, noGuard)).toBe(0);
    expect(conditions(store, second)).toEqual(['proven', 'proven', 'proven']);
    expect(await removeSnapshot(store.context, store.blobs, second, noGuard)).toBe(70_002);
    expect(existsSync(store.blobs.path(digest))).toBe(false);
    expect(await checkInvariants(store.context)).toEqual([]);
  });

  it('an intent that begins while a sweep is under way gets its blobs back', async () => {
    const store = await testStore();
    await store.commit(contents['vae/weights.bin']);
    const { locks, resolver } = store.context;
    const state = await locks.acquire(resolver.stateLock(), { timeoutMs: 1000, doing: 'a test' });
    const sweeping = sweepBlobs(store.context, store.blobs, [digest]);
    while (!(await locks.isLocked(resolver.blobLock(digest).path))) await new Promise((resolve) => setTimeout(resolve, 1));
    const intent = await beginIntent(store.context, { ref: 'x', digests: [digest] });
    await state.release();
    expect(await sweeping).toBe(0);
    expect(store.blobs.state(digest, 70_000)).not.toBe('absent');
    await intent.end();
    expect(await sweepBlobs(store.context, store.blobs, [digest])).toBe(70_000);
  });

  it('a live intent keeps its digests', async () => {
    const store = await testStore();
    await store.commit(contents['vae/weights.bin']);
    const intent = await beginIntent(store.context, { ref: 'x', digests: [digest] });
    expect(await sweepBlobs(store.context, store.blobs, [digest])).toBe(0);
    await intent.end();
    expect(await sweepBlobs(store.context, store.blobs, [digest])).toBe(70_000);
  });

  it('a digest that a live intent learned later is kept as those that it began with, also where the last line is torn', async () => {
    const store = await testStore();
    await store.commit(contents['vae/weights.bin']);
    const intent = await beginIntent(store.context, { ref: 'x', digests: [] });
    await intent.name(digest);
    appendFileSync(store.context.resolver.stateFile('intents', intent.uuid), '{"ref":"x","digests":["');
    expect(await sweepBlobs(store.context, store.blobs, [digest])).toBe(0);
    await intent.end();
    expect(await sweepBlobs(store.context, store.blobs, [digest])).toBe(70_000);
  });

  it('keeps everything while one snapshot has no readable record', async () => {
    const store = await testStore();
    await store.commit(contents['vae/weights.bin']);
    mkdirSync(join(store.context.resolver.root, 'wan22', 'strange@1.0.0'), { recursive: true });
    expect(await sweepBlobs(store.context, store.blobs, [digest])).toBe(0);
  });

  it('a blob that a dead sweep left in the trash comes back when it is referenced', async () => {
    const store = await testStore();
    const directory = await publish(store);
    const trash = store.context.resolver.trashDir(crypto.randomUUID());
    mkdirSync(trash, { recursive: true });
    renameSync(store.blobs.path(digest), join(trash, digest));
    await recover(store.context, store.blobs, { wanted: [] });
    expect(readFileSync(store.blobs.path(digest)).equals(contents['vae/weights.bin'])).toBe(true);
    expect(conditions(store, directory)[1]).not.toBe('missing');
    expect(readdirSync(store.context.resolver.trashDir())).toEqual([]);
  });

  it('that was cut short is ended by whoever comes next, who spares what he wants himself', async () => {
    const store = await testStore();
    const directory = await publish(store);
    const trashed = join(store.context.resolver.trashDir(crypto.randomUUID()), 'snapshot');
    mkdirSync(trashed, { recursive: true });
    renameSync(directory, trashed);
    await recover(store.context, store.blobs, { wanted: [digest] });
    expect(files.map(({ sha256 }) => existsSync(store.blobs.path(sha256 as Sha256)))).toEqual([false, true, false]);
    expect(store.blobs.state(digest, 70_000), 'its proof survives the removal of its link').toBe('proven');
    expect(readdirSync(store.context.resolver.trashDir())).toEqual([]);
  });

  it('of a bad blob takes its mark with it', async () => {
    const store = await testStore();
    await store.commit(contents['vae/weights.bin']);
    await store.blobs.marks.mark(digest, '0'.repeat(64));
    await sweepBlobs(store.context, store.blobs, [digest]);
    expect([...store.blobs.marks.all()]).toEqual([]);
  });
});

it('a link planted in the root is refused, not followed', async () => {
  const store = await testStore();
  const { resolver } = store.context;
  rmSync(join(resolver.root, '.blobs'), { recursive: true, force: true });
  mkdirSync(join(resolver.root, '..', 'elsewhere'));
  symlinkSync(join(resolver.root, '..', 'elsewhere'), join(resolver.root, '.blobs'));
  await expect(store.commit(Buffer.from('bytes'))).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  expect(readdirSync(join(resolver.root, '..', 'elsewhere'))).toEqual([]);
});

it('recovery removes what a dead ensure staged, and nothing of a live one', async () => {
  const store = await testStore();
  const { resolver } = store.context;
  const [dead, live] = [
    await beginIntent(store.context, { ref: 'dead', digests: [] }),
    await beginIntent(store.context, { ref: 'live', digests: [] }),
  ];
  const staged = [await stage(store, 'a@1.0.0', dead.uuid), await stage(store, 'b@1.0.0', live.uuid)];
  await dead.end();
  writeFileSync(resolver.stateFile('intents', dead.uuid), '{}');
  const mended: string[] = [];
  await recover(store.context, store.blobs, { wanted: [], onMended: (what) => mended.push(what) });
  expect(staged.map((path) => existsSync(path))).toEqual([false, true]);
  expect(mended).toEqual(['staging']);
  await live.end();
});

it('recovery removes a staging folder whose ensure failed and took its intent away', async () => {
  const store = await testStore();
  const staged = await stage(store);
  await recover(store.context, store.blobs, { wanted: [digest] });
  expect(existsSync(staged)).toBe(false);
  expect(store.blobs.state(digest, 70_000)).toBe('proven');
  expect(readdirSync(store.context.resolver.tmpDir)).toEqual([]);
});
