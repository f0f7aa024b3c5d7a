/** Requirement 9: fast downloads, from what is nearest first. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { HubServer, storagePath } from '../servers/hub/hub-server.ts';
import { startEmbedded } from '../servers/s3/embedded.ts';
import { cutAt, FaultProxy } from '../servers/s3/fault-proxy.ts';
import { MODEL, modelFixture, textOf } from '../support/model-fixture.ts';

describe('requirement 9', () => {
  it('9.3 files that no allow_pattern matches are skipped, and cost no byte', async () => {
    const files = {
      'model_index.json': '{}',
      'unet/model.safetensors': seeded(5000, 1),
      'unet/model.bin': seeded(6000, 2),
      'README.md': '# read me',
    };
    const world = await modelFixture({ files, sources: ['http'], keys: { allow_patterns: ['*.safetensors', '*.json'] } });
    const orchestrator = await world.orchestrator();
    expect(await orchestrator.estimateDownloadSize(MODEL)).toBe(5002);
    const path = await orchestrator.ensure(MODEL);
    expect((await readdir(path)).sort()).toEqual(['.verified.json', 'model_index.json', 'unet']);
    expect(await readdir(join(path, 'unet'))).toEqual(['model.safetensors']);
    expect(new Set(world.server().requests.map((request) => request.path))).toEqual(
      new Set([`${MODEL}/model_index.json`, `${MODEL}/unet/model.safetensors`]),
    );
  });

  const REPO = 'Wan-AI/Wan2.2-Tiny';
  const WEIGHTS = 'unet/model.safetensors';
  const files = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(400_000, 4), [WEIGHTS]: seeded(4_000_000, 3) };

  /** A folder, a bucket and a Hub, each with the whole model, in this order. */
  async function nearAndFar(env = {}) {
    const [s3, hub] = await Promise.all([startEmbedded(), HubServer.start()]);
    const proxy = await FaultProxy.start(s3.endpoint);
    onTestFinished(async () => {
      await Promise.all([proxy.stop(), hub.stop()]);
      await s3.stop();
    });
    hub.commit(REPO, files);
    const bucket = await s3.createBucket();
    for (const [path, file] of Object.entries(files)) await s3.put(bucket, `m/${path}`, textOf(file));
    const keys = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey, AWS_REGION: s3.region };
    const places = { AWS_ENDPOINT_URL: proxy.endpoint, HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off' };
    const sources = ['local', `s3://${bucket}/m`, `hf://${REPO}`];
    const world = await modelFixture({ files, sources, env: { ...keys, ...places, ...env } });
    const folder = join(world.folder(), MODEL);
    const s3Sent = (path: string) =>
      proxy.requests.filter(({ url }) => url.includes(path)).reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    return { world, folder, proxy, hub, s3Sent };
  }

  it('9.5 a complete local folder is all that is asked', async () => {
    const { world, proxy, hub } = await nearAndFar();
    const ran = await world.cli(['models', 'ensure', MODEL]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect([proxy.requests, hub.requests, hub.storage.requests]).toEqual([[], [], []]);
  });

  it('9.5 of an incomplete local folder only what it lacks comes from S3, and nothing from the Hub', async () => {
    const { world, folder, proxy, hub, s3Sent } = await nearAndFar();
    await rm(join(folder, 'vae'), { recursive: true });
    const ran = await world.cli(['models', 'ensure', MODEL]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(proxy.requests.filter(({ url }) => !url.includes('vae/model.safetensors'))).toEqual([]);
    // One byte may be asked for first, to see what the service says of the object.
    expect(s3Sent('vae/')).toBeLessThanOrEqual(400_001);
    expect([hub.requests, hub.storage.requests]).toEqual([[], []]);
  });

  it('9.5 where S3 goes down in the middle of a file the Hub has the rest, and what is proven is not fetched again', async () => {
    const { world, folder, proxy, hub, s3Sent } = await nearAndFar({ WAN_CONNECTIONS: '1' });
    await rm(folder, { recursive: true });
    const cutBytes = 2_500_000;
    // From the cut on: were it down from the first byte, a small file that it refuses could end it for this one too.
    const isDown = () => s3Sent(WEIGHTS) >= cutBytes;
    proxy.fault(({ response }) => response.destroy(), { when: isDown });
    proxy.fault(cutAt(cutBytes), { when: ({ url, range }) => url.includes(WEIGHTS) && spanOf(range) > cutBytes });
    const ran = await world.cli(['models', 'ensure', MODEL]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(isDown()).toBe(true);
    for (const [path, file] of Object.entries(files))
      expect((await readFile(join(world.modelDir(), path))).equals(textOf(file)), path).toBe(true);
    const hubSent = hub.storage.sentBytes(storagePath(sha256Hex(files[WEIGHTS])));
    expect(hubSent).toBeGreaterThan(1_000_000);
    // Whole pieces are held; of the last one, and of what was on its way, some is lost with the connection.
    expect(hubSent).toBeLessThan(4_000_000 - cutBytes + 600_000);
    expect(existsSync(join(world.modelDir(), '.verified.json'))).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

/** Bytes that a request asks for; all that there are where it names no end. */
function spanOf(range: string | undefined): number {
  const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  return last === '' ? Number.POSITIVE_INFINITY : Number(last) - Number(first) + 1;
}
