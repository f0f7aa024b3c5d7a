/** Requirement 5: integrity and trust. */
import { existsSync } from 'node:fs';
import { chmod, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, wrongBytesAt } from '../servers/http/fault-server.ts';
import { HubServer, storagePath } from '../servers/hub/hub-server.ts';
import { digestOf, MODEL, modelFixture, textOf } from '../support/model-fixture.ts';

const weights = seeded(600_000, 1);
const files = { 'model_index.json': '{"a":1}', 'unet/model.safetensors': weights, 'vae/model.safetensors': seeded(5000, 2) };
const UNET = `${MODEL}/unet/model.safetensors`;
const ENSURE = ['models', 'ensure', MODEL, '--json', '--progress', 'none'];

describe('requirement 5', () => {
  it('5.1 both size and sha256 are proven after the download, and the proof is named', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const result = await (await world.orchestrator()).ensureDetailed(MODEL);
    expect(result.proof).toBe('manifest-sha256');
    expect(result.files.map(({ path, proof }) => [path, proof])).toEqual(Object.keys(files).map((path) => [path, 'manifest-sha256']));
  });

  it.each([
    ['a sha256 that the bytes do not have', { sha256: digestOf('other bytes') }, 'CHECKSUM_FAIL'],
    ['a size that the bytes do not have', { size: 599_999 }, 'SIZE_MISMATCH'],
  ])('5.1 %s fails, and the model is not there', async (_, keys, code) => {
    for (const source of ['http', 'local']) {
      const world = await modelFixture({ files: { ...files, 'unet/model.safetensors': { content: weights, keys } }, sources: [source] });
      const orchestrator = await world.orchestrator();
      await expect(orchestrator.ensure(MODEL), source).rejects.toMatchObject({ code, exitCode: 5 });
      expect(existsSync(world.modelDir())).toBe(false);
    }
  });

  it('5.2 a file that came wrong once is fetched again, the others are not', async () => {
    const world = await modelFixture({ files, sources: ['http'], env: { WAN_RETRY_ATTEMPTS: '2' } });
    // The first byte may be asked for alone, to see where redirects lead; the answer that follows has the wrong byte.
    world.server().fault(UNET, wrongBytesAt(300_000), { times: 1, when: ({ range }) => range === undefined || range.last !== 0 });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    expect(await orchestrator.verifyIntegrity(MODEL)).toMatchObject({ ok: true });
    expect(world.server().sentBytes(UNET)).toBeGreaterThan(600_001);
    expect(world.server().sentBytes(`${MODEL}/vae/model.safetensors`)).toBeLessThanOrEqual(5001);
  });

  it('5.2 wrong bytes of one source are replaced by those of the next, and the source is named', async () => {
    const world = await modelFixture({ files, sources: ['http:lying', 'http:honest'] });
    world.server('http:lying').fault(UNET, wrongBytesAt(300_000));
    const orchestrator = await world.orchestrator();
    const result = await orchestrator.ensureDetailed(MODEL);
    expect(result.liars).toEqual([`${world.server('http:lying').url}/${MODEL}`]);
    expect(world.server('http:honest').requests.every(({ path }) => path === UNET)).toBe(true);
    expect(await orchestrator.verifyIntegrity(MODEL)).toMatchObject({ ok: true });
  });

  it('5.2 a file that rotted after it was published is found by verify, shown by status, and it alone is mended', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await flipBit(join(world.modelDir(), 'unet/model.safetensors'));
    expect((await world.cli(['models', 'verify', MODEL])).code).toBe(5);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'CORRUPT', faultyFiles: [{ path: 'unet/model.safetensors' }] });
    world.server().requests.length = 0;
    await orchestrator.ensure(MODEL);
    expect(await readFile(join(world.modelDir(), 'unet/model.safetensors'))).toEqual(textOf(weights));
    expect(new Set(world.server().requests.map(({ path }) => path))).toEqual(new Set([UNET]));
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('5.3 without checksums in the manifest, what the Hub publishes proves the files, and the level is shown', async () => {
    const hub = await HubServer.start();
    onTestFinished(() => hub.stop());
    hub.commit('org/tiny', files);
    const open = Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content, keys: { sha256: null } }]));
    const env = { HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off' };
    const world = await modelFixture({ files: open, sources: ['hf://org/tiny'], env });
    const ran = await world.cli(ENSURE);
    expect(ran, ran.stdout).toMatchObject({ code: 0 });
    expect(ran.json<{ data: { results: unknown[] } }>().data.results).toMatchObject([
      {
        proof: 'etag',
        files: [{ proof: 'etag', upstream: { source: 'hf://org/tiny' } }, { proof: 'upstream-sha256' }, { proof: 'upstream-sha256' }],
      },
    ]);
    for (const verb of ['status', 'list', 'verify'])
      expect((await world.cli(['models', verb, ...(verb === 'list' ? [] : [MODEL])])).stdout, verb).toMatch(/ etag/);

    hub.storage.fault(storagePath(digestOf(weights)), wrongBytesAt(300_000));
    const other = await modelFixture({ files: open, sources: ['hf://org/tiny'], env });
    const failed = await other.cli(ENSURE);
    expect(failed.code).toBe(5);
    expect(failed.json().error).toMatchObject({
      code: 'CHECKSUM_FAIL',
      details: { proof: 'upstream-sha256', published_by: 'hf://org/tiny' },
    });
    expect(existsSync(other.modelDir())).toBe(false);
  });

  it('5.4 bytes that are wrong everywhere fail with file, expected, found, and every source that was tried', async () => {
    const world = await modelFixture({ files, sources: ['http:a', 'http:b'] });
    for (const source of ['http:a', 'http:b']) world.server(source).fault(UNET, wrongBytesAt(300_000));
    const ran = await world.cli(ENSURE);
    const { error } = ran.json();
    const bad = textOf(weights);
    bad[300_000] = (bad[300_000] ?? 0) ^ 0xff;
    const [a, b] = ['http:a', 'http:b'].map((source) => `${world.server(source).url}/${MODEL}`) as [string, string];
    expect(ran.code).toBe(5);
    expect(error).toMatchObject({
      code: 'CHECKSUM_FAIL',
      details: { file: 'unet/model.safetensors', expected: digestOf(weights), found: { [a]: digestOf(bad), [b]: digestOf(bad) } },
    });
    for (const part of ['unet/model.safetensors', digestOf(weights), digestOf(bad)]) expect(error.message).toContain(part);
    expect(new Set(error.attempts?.map(({ source }) => source))).toEqual(new Set([a, b]));
    expect(existsSync(world.modelDir())).toBe(false);
    expect((await (await world.orchestrator()).status(MODEL)).state).not.toBe('COMPLETE');
  });

  it('5.6 a model whose files are all there and proven is marked complete, and only then', async () => {
    const world = await modelFixture({ files });
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.status(MODEL)).state).toBe('NOT_PRESENT');
    await orchestrator.ensure(MODEL);
    const record = JSON.parse(await readFile(join(world.modelDir(), '.verified.json'), 'utf8'));
    expect(JSON.stringify(record)).toContain(digestOf(weights));
    expect(await orchestrator.status(MODEL)).toMatchObject({
      state: 'COMPLETE',
      proof: 'manifest-sha256',
      missingFiles: [],
      bytesNeeded: 0,
    });

    await chmod(world.modelDir(), 0o755);
    await unlink(join(world.modelDir(), '.verified.json'));
    expect((await orchestrator.status(MODEL)).state).toBe('PARTIAL');
    await orchestrator.ensure(MODEL);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
  });

  it('5.7 without any digest, existence and size are the proof, and it is said so', async () => {
    const unproven = { content: weights, keys: { sha256: null } };
    const world = await modelFixture({ files: { ...files, 'unet/model.safetensors': unproven }, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    const result = await orchestrator.ensureDetailed(MODEL);
    expect(result.proof).toBe('size-only');
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE', proof: 'size-only' });
    expect((await world.cli(['models', 'ensure', MODEL])).stdout).toContain('only the size proves unet/model.safetensors');

    await unlink(join(world.modelDir(), 'unet/model.safetensors'));
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'PARTIAL', missingFiles: ['unet/model.safetensors'] });
    const tooLarge = { content: weights, keys: { sha256: null, size: 600_001 } };
    await world.write({ [MODEL]: { files: { 'unet/model.safetensors': tooLarge }, sources: ['http'] } });
    await expect((await world.orchestrator()).ensure(MODEL)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });
});

/** As a failing disk does: other bytes, the same size and times. */
async function flipBit(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  await chmod(path, 0o644);
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 1234);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 4]), 0, 1, 1234);
  await file.utimes(atime, mtime);
  await file.close();
}
