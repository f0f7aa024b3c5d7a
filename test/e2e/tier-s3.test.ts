/** A model moved to a real S3 server, and back. */
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { describeS3 } from '../servers/s3/describe-s3.ts';
import { FaultProxy, run, s3ErrorAnswer } from '../servers/s3/fault-proxy.ts';
import { digestOf, MODEL, modelFixture } from '../support/model-fixture.ts';

const MIB = 1024 * 1024;
/** One in three parts, one whole, one without a byte. */
const FILES = { 'w.bin': randomBytes(17 * MIB + 5), 'config.json': '{"a":1}', 'empty.txt': '' };
const TOTAL = 17 * MIB + 5 + 7;

describeS3('a tier in S3', (server, name) => {
  async function worldInS3() {
    const { endpoint, region, accessKeyId, secretAccessKey } = server();
    const bucket = await server().createBucket();
    const proxy = await FaultProxy.start(endpoint);
    onTestFinished(() => proxy.stop());
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL: proxy.endpoint,
      AWS_DEFAULT_REGION: region,
      WAN_TIERS: `deep=s3://${bucket}/cold/wan`,
    };
    const world = await modelFixture({ files: FILES, env });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    return { world, orchestrator, proxy, bucket, keyOf: (digest: string) => `cold/wan/sha256/${digest.slice(0, 2)}/${digest}` };
  }

  it('takes a model in parts, by its own sums, and gives it back without its sources', async () => {
    const { world, orchestrator, proxy, bucket } = await worldInS3();
    const moved = await orchestrator.moveToTier(MODEL, { to: 'deep' });
    expect(moved).toMatchObject({ writtenBytes: TOTAL, reclaimedBytes: TOTAL });
    // A service that has just started may ask for a part again.
    const parts = proxy.requests.flatMap(({ method, url }) => (method === 'PUT' ? (/partNumber=\d+/.exec(url)?.[0] ?? []) : []));
    expect(new Set(parts)).toEqual(new Set(['partNumber=1', 'partNumber=2', 'partNumber=3']));
    const readBack = proxy.requests.some(
      ({ method, url }) => method === 'GET' && !url.includes('upload') && url.includes(digestOf(FILES['w.bin'])),
    );
    if (name === 'MinIO') expect(readBack, 'its own sums are enough').toBe(false);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'NOT_PRESENT', tier: 'deep' });
    await rm(world.folder(), { recursive: true });
    await expect(orchestrator.ensure(MODEL, { offline: true })).rejects.toMatchObject({
      attempts: expect.arrayContaining([expect.objectContaining({ source: 'tier://deep', code: 'OFFLINE' })]),
    });
    const back = await orchestrator.ensureDetailed(MODEL);
    // On a busy machine a slow range is asked for twice.
    expect(back.fetchedBytes).toBeGreaterThanOrEqual(TOTAL);
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    const puts = proxy.requests.filter(({ method, url }) => method === 'PUT' && url.includes('/sha256/')).length;
    expect(await orchestrator.moveToTier(MODEL, { to: 'deep' })).toMatchObject({ writtenBytes: 0, reclaimedBytes: TOTAL });
    expect(proxy.requests.filter(({ method, url }) => method === 'PUT' && url.includes('/sha256/'))).toHaveLength(puts);
    expect((await orchestrator.tierStatus([], { verify: true })).models).toMatchObject([{ tier: 'deep', faults: [] }]);
    await orchestrator.moveToTier(MODEL, { to: 'fast' });
    const left = await server().client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(left.Contents?.map(({ Key }) => Key)).toEqual(['cold/wan/TIER.json']);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is left without a word that says it is cleared where a drop is cancelled, or fails, in the middle', async () => {
    const { orchestrator, proxy, bucket } = await worldInS3();
    const cleaning = async () => {
      const { Contents = [] } = await server().client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'cold/wan/cleaning/' }));
      return Contents.map(({ Key }) => Key);
    };
    const readsModelsWhileItClears = ({ url, method }: { url: string; method: string }) =>
      method === 'GET' &&
      /models(?:%2F|\/)/.test(url) &&
      proxy.requests.some((seen) => seen.method === 'PUT' && seen.url.includes('/cleaning/'));
    await orchestrator.moveToTier(MODEL, { to: 'deep' });
    const cancelling = new AbortController();
    proxy.fault(
      run(async () => cancelling.abort()),
      { times: 1, when: readsModelsWhileItClears },
    );
    const { signal } = cancelling;
    await expect(orchestrator.dropFromTier(MODEL, { force: true, signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await cleaning()).toEqual([]);
    proxy.clearFaults();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'deep' });
    proxy.requests.splice(0);
    proxy.fault(s3ErrorAnswer(403, 'AccessDenied'), { when: (request) => readsModelsWhileItClears(request) });
    proxy.fault(s3ErrorAnswer(400, 'InvalidRequest'), { when: ({ url, method }) => method === 'DELETE' && url.includes('/cleaning/') });
    await expect(orchestrator.dropFromTier(MODEL, { force: true })).rejects.toMatchObject({ code: 'AUTH_FAIL' });
  });

  it('goes on through hiccups of the service, and leaves the model here where that does not help', async () => {
    const { world, orchestrator, proxy } = await worldInS3();
    proxy.fault(s3ErrorAnswer(503, 'SlowDown'), { times: 1, when: ({ url }) => url.includes('partNumber=2') });
    proxy.fault(({ response }) => response.destroy(), {
      times: 1,
      when: ({ url, method }) => method === 'PUT' && url.includes('partNumber=3'),
    });
    expect(await orchestrator.moveToTier(MODEL, { to: 'deep' })).toMatchObject({ done: true });
    await orchestrator.moveToTier(MODEL, { to: 'fast' });
    proxy.fault(s3ErrorAnswer(403, 'AccessDenied'), { when: ({ url, method }) => method === 'PUT' && url.includes('/sha256/') });
    await expect(orchestrator.moveToTier(MODEL, { to: 'deep' })).rejects.toMatchObject({
      code: 'AUTH_FAIL',
      hint: expect.stringContaining('s3:PutObject'),
    });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    proxy.clearFaults();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('whose object was replaced by other bytes of the same size hands over to the next source', async () => {
    const { orchestrator, bucket, keyOf } = await worldInS3();
    await orchestrator.moveToTier(MODEL, { to: 'deep' });
    const key = keyOf(digestOf(FILES['w.bin']));
    await server().putInParts(bucket, key, [randomBytes(9 * MIB), randomBytes(FILES['w.bin'].length - 9 * MIB)]);
    const report = await orchestrator.tierStatus([], { verify: true });
    expect(report.models[0]?.faults).toEqual([{ digest: digestOf(FILES['w.bin']), place: `s3://${bucket}/${key}`, fault: 'digest' }]);
    const back = await orchestrator.ensureDetailed(MODEL);
    expect(back.liars).toEqual([`s3://${bucket}/${key}`]);
    expect(await orchestrator.moveToTier(MODEL, { to: 'deep' })).toMatchObject({ writtenBytes: FILES['w.bin'].length });
  });

  it('is not believed where what was put is replaced before it is looked at', async () => {
    const { orchestrator, proxy, bucket, keyOf } = await worldInS3();
    const key = keyOf(digestOf(FILES['config.json']));
    const replace = run(() => server().put(bucket, key, '{"a":2}'));
    // The first look finds nothing, the second follows the upload.
    let looks = 0;
    proxy.fault(replace, { times: 1, when: ({ method, url }) => method === 'HEAD' && url.includes(key) && ++looks === 2 });
    await expect(orchestrator.moveToTier(MODEL, { to: 'deep' })).rejects.toMatchObject({ code: 'CHECKSUM_FAIL', reason: 'tier_lies' });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
  });

  it('killed while it is written leaves the model here; killed while it comes back, it comes back', async () => {
    const { world, proxy, orchestrator } = await worldInS3();
    const args = ['models', 'tier', 'move', MODEL, '--to', 'deep', '--json', '--progress', 'none'];
    const steps = [
      ({ url, method }: { url: string; method: string }) => method === 'PUT' && url.includes('TIER.json'),
      ({ url, method }: { url: string; method: string }) => method === 'PUT' && url.includes('/models/'),
      ({ url, method }: { url: string; method: string }) => method === 'POST' && url.includes('uploads='),
      ({ url, method }: { url: string; method: string }) => method === 'PUT' && url.includes('partNumber=2'),
      ({ url, method }: { url: string; method: string }) => method === 'POST' && url.includes('uploadId='),
    ];
    for (const when of steps) {
      const started = world.start(args);
      let isKilled = false;
      proxy.fault(
        ({ pass }) => {
          isKilled = true;
          started.child.kill('SIGKILL');
          pass();
        },
        { times: 1, when },
      );
      const { signal } = await started.ended;
      proxy.clearFaults();
      expect([isKilled, signal]).toEqual([true, 'SIGKILL']);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
      expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    }
    expect((await world.cli(args)).code).toBe(0);
    await rm(world.folder(), { recursive: true });
    const back = world.start(['models', 'ensure', MODEL, '--json', '--progress', 'none']);
    proxy.fault(
      ({ pass }) => {
        setTimeout(() => back.child.kill('SIGKILL'), 100);
        pass({ cutAt: 3 * MIB });
      },
      { times: 1, when: ({ url, method }) => method === 'GET' && url.includes(digestOf(FILES['w.bin'])) },
    );
    await back.ended;
    proxy.clearFaults();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    await orchestrator.ensure(MODEL);
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
  });

  /** Numbers of the parts that were sent since the last look. */
  const sentParts = (proxy: FaultProxy): number[] =>
    proxy.requests
      .splice(0)
      .flatMap(({ method, url }) => (method === 'PUT' ? [Number(/partNumber=(\d+)/.exec(url)?.[1])] : []))
      .filter((part) => !Number.isNaN(part))
      .sort();

  it('goes on with a file that was cut short: what was sent before is not sent again', async () => {
    const { world, proxy, orchestrator, bucket } = await worldInS3();
    const started = world.start(['models', 'tier', 'move', MODEL, '--to', 'deep', '--json', '--progress', 'none']);
    proxy.fault(() => void started.child.kill('SIGKILL'), {
      times: 1,
      when: ({ url, method }) => method === 'POST' && url.includes('uploadId='),
    });
    expect((await started.ended).signal).toBe('SIGKILL');
    proxy.clearFaults();
    expect(sentParts(proxy)).toEqual([1, 2, 3]);
    expect(await orchestrator.moveToTier(MODEL, { to: 'deep' })).toMatchObject({ done: true, writtenBytes: TOTAL });
    // Where the service does not tell the sums of what it has, nothing of that is believed.
    expect(sentParts(proxy)).toEqual(name === 'MinIO' ? [] : [1, 2, 3]);
    const { Uploads = [] } = await server().client.send(
      new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: `cold/wan/sha256/${digestOf(FILES['w.bin']).slice(0, 2)}/${digestOf(FILES['w.bin'])}`,
      }),
    );
    expect(Uploads).toEqual([]);
    await orchestrator.ensure(MODEL);
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
  });

  it('begins a file anew where somebody else has ended the upload that it went on with', async () => {
    const { proxy, orchestrator } = await worldInS3();
    const ending = ({ url, method }: { url: string; method: string }) => method === 'POST' && url.includes('uploadId=');
    const cancelling = new AbortController();
    proxy.fault(() => cancelling.abort(), { times: 1, when: ending });
    await expect(orchestrator.moveToTier(MODEL, { to: 'deep', signal: cancelling.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(sentParts(proxy)).toEqual([1, 2, 3]);
    proxy.fault(s3ErrorAnswer(404, 'NoSuchUpload'), { times: 1, when: ending });
    expect(await orchestrator.moveToTier(MODEL, { to: 'deep' })).toMatchObject({ done: true });
    expect(new Set(sentParts(proxy))).toEqual(new Set([1, 2, 3]));
  });

  it('says what is wrong where the bucket is not there', async () => {
    const { world } = await worldInS3();
    await writeFile(join(world.directory, 'x.toml'), '[tiers.deep]\nurl = "s3://no-such-bucket-here/x"\n');
    const ran = await world.cli(['models', 'tier', 'move', MODEL, '--to', 'deep', '--json'], {
      WAN_CONFIG: join(world.directory, 'x.toml'),
      WAN_TIERS: undefined,
    });
    expect(ran.json().error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'bucket_not_found' });
  });
});
