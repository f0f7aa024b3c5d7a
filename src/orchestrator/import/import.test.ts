/** Imports from the layouts of other tools, as their sources say, by the library. */
import { createHash, hash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { type FixtureModel, modelFixture, textOf } from '../../../test/support/model-fixture.ts';
import { storeContextOf } from '../../../test/support/test-store.ts';
import { checkInvariants } from '../../compose.ts';
import { sha256Of } from '../../domain/digest.ts';

const shared = seeded(120_000, 9);
/** Nobody has them but who is imported from: no source answers. */
const sources = ['local://nowhere'];
const MODELS: Readonly<Record<string, FixtureModel>> = {
  'video@1.0.0': {
    sources,
    files: {
      'model_index.json': '{"a": 1}',
      'te/model.safetensors': shared,
      'dit/1.safetensors': seeded(300_001, 1),
      'dit/2.safetensors': seeded(300_001, 2),
    },
  },
  'other@1.0.0': { sources, files: { 'te.safetensors': shared, 'big.gguf': seeded(500_000, 3) } },
};
const bytesOf = (model: string, path: string): Buffer => textOf((MODELS[model] as FixtureModel).files[path] as never);
const VIDEO = Object.keys(MODELS['video@1.0.0']?.files ?? {});
const TOTAL = 720_010;

async function place(models = MODELS) {
  const world = await modelFixture({ models });
  const home = join(world.directory, 'home');
  const orchestrator = await world.orchestrator();
  const put = (path: string, bytes: Buffer | string): string => {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  };
  return { world, home, orchestrator, put, checked: async () => expect(await checkInvariants(world.modelsRoot)).toEqual([]) };
}

const stateIn = ({ models }: { models: readonly { ref: { modelId: string }; state: string }[] }) =>
  Object.fromEntries(models.map(({ ref, state }) => [ref.modelId, state]));

describe('import from a folder', () => {
  it('takes what the manifest has, whatever it is called, publishes what is whole, and tells what is missing of the rest', async () => {
    const { world, home, orchestrator, put, checked } = await place();
    for (const [index, path] of VIDEO.entries()) put(`old/${index}.dat`, bytesOf('video@1.0.0', path));
    put('mine/lora.safetensors', seededBytes(1000, 50));
    put('mine/notes.txt', 'hello');
    const options = { from: 'folder', path: home } as const;
    const planned = await orchestrator.import([], { ...options, dryRun: true });
    expect(planned).toMatchObject({ isDryRun: true, readBytes: TOTAL, foundFiles: 6, adopted: [] });
    // Two wanted files have one size: which of them is here only reading tells.
    expect(planned.models[0]).toMatchObject({ state: 'possible', missingFiles: [], openBytes: 600_002 });
    expect(planned.models[0]?.openFiles).toHaveLength(2);
    expect(planned.models[1]).toMatchObject({ state: 'partial', missingFiles: ['big.gguf'], openFiles: [] });
    expect(existsSync(world.modelsRoot)).toBe(false);
    const report = await orchestrator.import([], options);
    expect(stateIn(report)).toEqual({ 'video@1.0.0': 'published', 'other@1.0.0': 'partial' });
    expect(report).toMatchObject({ readBytes: TOTAL, presentBytes: 0, refused: [] });
    expect(report.models[1]).toMatchObject({ missingBytes: 500_000, missingFiles: ['big.gguf'] });
    expect(report.adopted.map(({ sizeBytes }) => sizeBytes).sort()).toEqual([120_000, 300_001, 300_001, 8]);
    expect(report.adopted.find(({ sizeBytes }) => sizeBytes === 120_000)?.names).toEqual([
      'video@1.0.0: te/model.safetensors',
      'other@1.0.0: te.safetensors',
    ]);
    expect(report.unknown).toEqual([
      { name: join(home, 'mine'), fileCount: 2, totalBytes: 1005, add: `wan models add ${join(home, 'mine')} --as mine@1.0.0` },
    ]);
    expect(await orchestrator.status('video@1.0.0')).toMatchObject({ state: 'COMPLETE', proof: 'manifest-sha256' });
    await checked();
    const again = await orchestrator.import([], options);
    expect(again).toMatchObject({ readBytes: 0, adopted: [], presentBytes: TOTAL });
    expect(stateIn(again)).toEqual({ 'video@1.0.0': 'complete', 'other@1.0.0': 'partial' });
  });

  it('reads each file once at most: no other size, no second name of it, no second file with the same bytes', async () => {
    const { home, orchestrator, put } = await place();
    const first = put('a/te.safetensors', bytesOf('other@1.0.0', 'te.safetensors'));
    linkSync(first, join(home, 'a/hard'));
    symlinkSync('te.safetensors', join(home, 'a/soft'));
    symlinkSync('..', join(home, 'a/up'));
    put('b/again', bytesOf('other@1.0.0', 'te.safetensors'));
    put('c/none', 'x'.repeat(119_999));
    const report = await orchestrator.import([], { from: 'folder', path: home });
    expect(report.foundFiles).toBe(3);
    expect(report.adopted).toHaveLength(1);
    // The two with the same bytes may be read at the same time.
    expect(report.readBytes).toBeLessThanOrEqual(240_000);
  });

  it('does not take a file of the right size with other bytes, and leaves nothing of it', async () => {
    const { world, home, orchestrator, put, checked } = await place();
    put('a', seededBytes(300_001, 77));
    const report = await orchestrator.import([], { from: 'folder', path: home });
    expect(report).toMatchObject({ adopted: [], models: [], readBytes: 300_001 });
    expect(existsSync(join(world.modelsRoot, '.blobs'))).toBe(false);
    await checked();
  });

  it('looks only for the models that are named', async () => {
    const { home, orchestrator, put } = await place();
    for (const path of VIDEO) put(path, bytesOf('video@1.0.0', path));
    put('big.gguf', bytesOf('other@1.0.0', 'big.gguf'));
    const report = await orchestrator.import(['other'], { from: 'folder', path: home });
    expect(report.readBytes).toBe(620_000);
    expect(stateIn(report)).toEqual({ 'other@1.0.0': 'published' });
    await expect(orchestrator.import(['nothing'], { from: 'folder', path: home })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(orchestrator.import([], { from: 'folder', path: join(home, 'no') })).rejects.toMatchObject({ reason: 'not_found' });
  });

  it('with hard links writes no byte; the file is the blob from then on', async () => {
    const { world, home, orchestrator, put, checked } = await place();
    const big = put('big', bytesOf('other@1.0.0', 'big.gguf'));
    const te = put('te', bytesOf('other@1.0.0', 'te.safetensors'));
    const report = await orchestrator.import([], { from: 'folder', path: home, link: 'hard' });
    expect(report.adopted.map(({ way }) => way)).toEqual(['hard', 'hard']);
    const published = (path: string): number => statSync(join(world.modelDir('other@1.0.0'), path)).ino;
    expect([statSync(big).ino, statSync(te).ino]).toEqual([published('big.gguf'), published('te.safetensors')]);
    expect(statSync(big).mode & 0o222).toBe(0);
    expect(await orchestrator.status('other@1.0.0')).toMatchObject({ state: 'COMPLETE' });
    await checked();
  });

  it.skipIf(process.getuid?.() === 0)('tells of what cannot be read, and goes on', async () => {
    const { home, orchestrator, put } = await place();
    const closed = put('closed', bytesOf('other@1.0.0', 'big.gguf'));
    put('te', bytesOf('other@1.0.0', 'te.safetensors'));
    chmodSync(closed, 0);
    const report = await orchestrator.import([], { from: 'folder', path: home });
    expect(report.adopted).toHaveLength(1);
    expect(report.refused).toMatchObject([{ path: closed, error: { code: 'PERMISSION_DENIED' } }]);
  });

  it('does not take a file that changes while it is read', async () => {
    const { world, home, orchestrator, put, checked } = await place({
      'large@1.0.0': { sources, files: { 'x.bin': seeded(48_000_000, 5) } },
    });
    const file = put('x.bin', textOf(seeded(48_000_000, 5)));
    let changes = 0;
    const timer = setInterval(() => {
      changes += 1;
      // The same bytes, twice written: nobody could tell but by the times.
      appendFileSync(file, '!');
      truncateSync(file, 48_000_000);
    }, 3);
    const report = await orchestrator.import([], { from: 'folder', path: home, link: 'copy' }).finally(() => clearInterval(timer));
    expect(changes).toBeGreaterThan(1);
    expect(report.adopted).toEqual([]);
    expect(report.refused).toMatchObject([
      { path: file, error: { code: expect.stringMatching(/DRIFT|SOURCE_UNAVAILABLE|SIZE_MISMATCH/) } },
    ]);
    await checked();
    expect(existsSync(join(world.modelsRoot, '.blobs'))).toBe(false);
    expect((await orchestrator.import([], { from: 'folder', path: home })).adopted).toHaveLength(1);
  });
});

describe('import from a Hub cache', () => {
  it('takes LFS blobs by their name, small ones by their size, and copies of snapshots without links', async () => {
    const { home, orchestrator, put, checked } = await place();
    const repo = 'hub/models--org--video';
    const commit = 'c'.repeat(40);
    for (const path of VIDEO) {
      const bytes = bytesOf('video@1.0.0', path);
      const name =
        bytes.length > 1000 ? hash('sha256', bytes) : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      put(`${repo}/blobs/${name}`, bytes);
      const pointer = join(home, repo, 'snapshots', commit, path);
      mkdirSync(dirname(pointer), { recursive: true });
      symlinkSync(join('../'.repeat(path.split('/').length + 1), 'blobs', name), pointer);
    }
    put(`hub/models--org--plain/snapshots/${commit}/big.gguf`, bytesOf('other@1.0.0', 'big.gguf'));
    put(`hub/models--org--new/snapshots/${commit}/w.safetensors`, seededBytes(5000, 60));
    put(`hub/models--org--half/blobs/${'e'.repeat(64)}.incomplete`, seededBytes(300_001, 61));
    put(`hub/version.txt`, '1');
    const report = await orchestrator.import([], { from: 'hf-cache', path: join(home, 'hub') });
    expect(stateIn(report)).toEqual({ 'video@1.0.0': 'published', 'other@1.0.0': 'published' });
    expect(report.unknown).toEqual([{ name: 'org/new', fileCount: 1, totalBytes: 5000, add: `wan models add hf://org/new@${commit}` }]);
    await checked();
  });

  it('believes no name: a blob with other bytes is not taken, and is told', async () => {
    const { home, orchestrator, put, checked } = await place();
    const name = hash('sha256', bytesOf('other@1.0.0', 'big.gguf'));
    const blob = put(`models--a--b/blobs/${name}`, seededBytes(500_000, 4));
    // Another claim of a size that fits is believed so far that it is not read.
    put(`models--a--b/blobs/${'a'.repeat(64)}`, bytesOf('other@1.0.0', 'te.safetensors'));
    const report = await orchestrator.import([], { from: 'hf-cache', path: home });
    expect(report).toMatchObject({ adopted: [], readBytes: 500_000, refused: [{ path: blob, claimed: name }] });
    await checked();
  });
});

describe('import from Ollama', () => {
  it('takes its blobs, and offers the models that the manifest does not know', async () => {
    const { home, orchestrator, put, checked } = await place();
    const digest = (bytes: Buffer): string => hash('sha256', bytes);
    const big = bytesOf('other@1.0.0', 'big.gguf');
    const te = bytesOf('other@1.0.0', 'te.safetensors');
    const own = seededBytes(9000, 30);
    put(`blobs/sha256-${digest(big)}`, big);
    put(`blobs/sha256:${digest(te)}`, te);
    put(`blobs/sha256-${digest(own)}`, own);
    put(`blobs/sha256-${digest(own)}-partial-0`, 'x');
    const manifest = (layers: Buffer[]) =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 1 },
        layers: layers.map((bytes) => ({
          mediaType: 'application/vnd.ollama.image.model',
          digest: `sha256:${digest(bytes)}`,
          size: bytes.length,
        })),
      });
    put('manifests/registry.ollama.ai/library/known/8b', manifest([big]));
    put('manifests/registry.ollama.ai/someone/fresh/latest', manifest([own]));
    put('manifests/registry.ollama.ai/library/broken/latest', '');
    put(
      'manifests/registry.ollama.ai/library/hostile/latest',
      JSON.stringify({ layers: [{ digest: 'sha256:../../../etc/passwd' }, null, 7] }),
    );
    const report = await orchestrator.import([], { from: 'ollama', path: home });
    expect(stateIn(report)['other@1.0.0']).toBe('published');
    expect(report.unknown).toEqual([
      {
        name: 'someone/fresh:latest',
        fileCount: 1,
        totalBytes: 9000,
        add: `wan models add ${join(home, 'blobs')} --include sha256-${digest(own)} --as someone-fresh-latest@1.0.0`,
      },
    ]);
    await checked();
  });
});

describe('import from LM Studio and ComfyUI', () => {
  it('takes publisher/repository/file', async () => {
    const { home, orchestrator, put, checked } = await place();
    put('org/Other-GGUF/big.gguf', bytesOf('other@1.0.0', 'big.gguf'));
    put('org/New-GGUF/new.gguf', seededBytes(4000, 31));
    const report = await orchestrator.import([], { from: 'lmstudio', path: home });
    expect(stateIn(report)).toEqual({ 'other@1.0.0': 'partial' });
    expect(report.unknown).toMatchObject([
      { name: 'org/New-GGUF', add: `wan models add ${join(home, 'org/New-GGUF')} --as New-GGUF@1.0.0` },
    ]);
    await checked();
  });

  it('takes the folders of an installation, and those of extra_model_paths.yaml', async () => {
    const { home, orchestrator, put, checked } = await place();
    put('ComfyUI/models/text_encoders/te.safetensors', bytesOf('other@1.0.0', 'te.safetensors'));
    put('ComfyUI/models/loras/mine.safetensors', seededBytes(3000, 32));
    put('ComfyUI/output/video.mp4', seededBytes(300_001, 33));
    put('a111/models/Stable-diffusion/b.gguf', bytesOf('other@1.0.0', 'big.gguf'));
    put('disk/unet/1.safetensors', bytesOf('video@1.0.0', 'dit/1.safetensors'));
    put('disk/unet2/2.safetensors', bytesOf('video@1.0.0', 'dit/2.safetensors'));
    put('nodes/x/model_index.json', bytesOf('video@1.0.0', 'model_index.json'));
    put(
      'ComfyUI/extra_model_paths.yaml',
      [
        '# comments, quotes, blocks: as the example of ComfyUI has them',
        'a111:',
        '    base_path: ../a111/',
        '    checkpoints: models/Stable-diffusion  # a comment',
        '    custom_nodes: ../nodes',
        '',
        'comfyui:',
        '    base_path: ~/disk',
        '    is_default: true',
        '    diffusion_models: |',
        '        "unet"',
        '        unet2/',
        '    loras: /does/not/exist',
        '',
      ].join('\n'),
    );
    const report = await orchestrator.import([], { from: 'comfyui', path: join(home, 'ComfyUI'), home });
    expect(stateIn(report)).toEqual({ 'other@1.0.0': 'published', 'video@1.0.0': 'partial' });
    expect(report.models.find(({ state }) => state === 'partial')?.missingFiles).toEqual(['model_index.json']);
    const mine = join(home, 'ComfyUI/models/loras');
    expect(report.unknown).toMatchObject([{ add: `wan models add ${mine} --include mine.safetensors --as mine@1.0.0` }]);
    expect(readFileSync(join(home, 'ComfyUI/output/video.mp4')).length).toBe(300_001);
    await checked();
  });
});

function seededBytes(size: number, seed: number): Buffer {
  return textOf(seeded(size, seed));
}

it('what goes while an import begins is brought again, though it was here when the import first looked', async () => {
  const { world, home, orchestrator, put, checked } = await place();
  const path = 'dit/1.safetensors';
  for (const name of VIDEO) put(`old/${name}`, bytesOf('video@1.0.0', name));
  await orchestrator.import([], { from: 'folder', path: home });
  const { resolver, locks } = storeContextOf(world.modelsRoot);
  // It looks, and then waits to make the root a store again.
  rmSync(resolver.storeFile());
  const lease = await locks.acquire(resolver.storeLock(), { timeoutMs: 1000, doing: 'a test' });
  const waiting = new Promise<void>((resolve) => setTimeout(resolve, 500));
  const importing = orchestrator.import([], { from: 'folder', path: home });
  await waiting;
  rmSync(world.modelDir('video@1.0.0'), { recursive: true });
  rmSync(resolver.blobPath(sha256Of(hash('sha256', bytesOf('video@1.0.0', path)))));
  await lease.release();
  const report = await importing;
  expect(report.adopted.map(({ names }) => names)).toEqual([[`video@1.0.0: ${path}`]]);
  expect(stateIn(report)).toMatchObject({ 'video@1.0.0': 'published' });
  await checked();
});

it('waits for a sweeper that is about to take what it found here, and brings again what that took', async () => {
  const { world, home, orchestrator, put, checked } = await place();
  const path = 'dit/1.safetensors';
  for (const name of VIDEO) put(`old/${name}`, bytesOf('video@1.0.0', name));
  await orchestrator.import([], { from: 'folder', path: home });
  // Taken away as a whole: its files, and so the blobs, are as they were proven.
  renameSync(world.modelDir('video@1.0.0'), join(world.directory, 'aside'));
  const { resolver, locks } = storeContextOf(world.modelsRoot);
  const digest = sha256Of(hash('sha256', bytesOf('video@1.0.0', path)));
  const lease = await locks.acquire(resolver.blobLock(digest), { timeoutMs: 1000, doing: 'a sweep' });
  const waits = Promise.withResolvers<void>();
  const onEvent = ({ type }: { readonly type: string }): void => void (type === 'lock.waiting' && waits.resolve());
  const importing = orchestrator.import([], { from: 'folder', path: home, onEvent });
  await Promise.race([waits.promise, importing]);
  rmSync(resolver.blobPath(digest));
  await lease.release();
  expect(stateIn(await importing)).toMatchObject({ 'video@1.0.0': 'published' });
  await checked();
});
