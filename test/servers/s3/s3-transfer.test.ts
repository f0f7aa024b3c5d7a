/** Whole models out of real S3 servers, with a proxy on the way that misbehaves: the bytes are right, or nothing is there. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import type { ModelEvent } from '../../../src/domain/events.ts';
import { MODEL, modelFixture } from '../../support/model-fixture.ts';
import { seeded } from '../http/fault-server.ts';
import { describeS3 } from './describe-s3.ts';
import { cutAt, FaultProxy, run, type SeenS3Request, s3ErrorAnswer } from './fault-proxy.ts';
import type { S3Server } from './s3-server.ts';

const SIZE = 3 * 2 ** 20 + 4567;
const content = seeded(SIZE, 7);
const bytes = Buffer.from(content.read(0, SIZE));
const PREFIX = 'wan22/t2v tiny@2.2.0';

const isRange = ({ range }: SeenS3Request): boolean => range !== undefined && range !== 'bytes=0-0';

const isBigRange = (request: SeenS3Request): boolean => isRange(request) && request.url.includes('big.bin');

/** A model in a bucket, seen through a proxy, and the environment of a user who may read it. */
async function modelInS3(server: S3Server, { held = bytes }: { readonly held?: Buffer } = {}) {
  const bucket = await server.createBucket();
  await server.put(bucket, `${PREFIX}/big.bin`, held);
  await server.put(bucket, `${PREFIX}/configs/a b+c.json`, '{}');
  const proxy = await FaultProxy.start(server.endpoint);
  onTestFinished(() => proxy.stop());
  const world = await modelFixture({
    files: { 'big.bin': content, 'configs/a b+c.json': '{}' },
    sources: [`s3://${bucket}/${PREFIX}`],
    env: {
      WAN_RETRY_ATTEMPTS: '4',
      AWS_ENDPOINT_URL_S3: proxy.endpoint,
      AWS_REGION: server.region,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
  });
  const events: ModelEvent[] = [];
  const ensure = async () => {
    const orchestrator = await world.orchestrator({ sinks: [(event) => void events.push(event)] });
    return orchestrator.ensureDetailed(MODEL);
  };
  const put = (body: Buffer) => server.put(bucket, `${PREFIX}/big.bin`, body);
  return { bucket, proxy, world, events, ensure, put, read: () => readFile(join(world.modelDir(), 'big.bin')) };
}

describeS3('a model in S3', (server) => {
  it('arrives whole, by signed ranges, after one question for all of its files', async () => {
    const { proxy, ensure, read, bucket, events } = await modelInS3(server());
    await ensure();
    expect(events).toContainEqual(expect.objectContaining({ type: 'file.finished', sources: [`s3://${bucket}/${PREFIX}`] }));
    expect((await read()).equals(bytes)).toBe(true);
    expect(proxy.requests.filter(({ method }) => method === 'HEAD')).toHaveLength(1);
    expect(proxy.requests.every(({ headers }) => headers.authorization?.startsWith('AWS4-HMAC-SHA256 '))).toBe(true);
  });

  it('has several files under way at the same time', async () => {
    const { proxy, ensure } = await modelInS3(server());
    const asked = new Set<string>();
    const { promise: bothAreAsked, resolve } = Promise.withResolvers<void>();
    const when = (request: SeenS3Request) => {
      if (isRange(request) && asked.add(request.url).size === 2) resolve();
      return isRange(request);
    };
    proxy.fault(
      run(() => bothAreAsked),
      { when },
    );
    await ensure();
    expect(asked.size).toBe(2);
  });

  it('waits when it is told to slow down, and then goes on', async () => {
    const { proxy, ensure, read, events } = await modelInS3(server());
    proxy.fault(s3ErrorAnswer(503, 'SlowDown', '', { 'retry-after': '1' }), { times: 2, when: isRange });
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ type: 'retry.scheduled' }));
  });

  it('ends as a rate limit where the service never stops saying so', async () => {
    const { proxy, ensure, world } = await modelInS3(server());
    proxy.fault(s3ErrorAnswer(503, 'SlowDown'));
    await expect(ensure()).rejects.toMatchObject({ code: 'RATE_LIMIT', reason: 'slow_down' });
    expect(existsSync(world.modelDir())).toBe(false);
  });

  it('goes on where connections were cut, with what came before the cut', async () => {
    const { proxy, ensure, read } = await modelInS3(server());
    proxy.fault(cutAt(100_000), { times: 3, when: isRange });
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
    const firstBytes = proxy.requests.filter(isRange).map(({ range }) => Number(/\d+/.exec(range ?? '')));
    expect(firstBytes).toContain(firstBytes[0] === undefined ? Number.NaN : firstBytes[0] + 100_000);
  });

  it('is taken up again by the next run, from the bytes that the last one held', async () => {
    const { proxy, ensure, read, events } = await modelInS3(server());
    proxy.fault(cutAt(1_500_000), { times: 1, when: isBigRange });
    proxy.fault(s3ErrorAnswer(403, 'AccessDenied'), { when: isBigRange });
    await expect(ensure()).rejects.toMatchObject({ code: 'AUTH_FAIL' });
    proxy.clearFaults();
    events.length = 0;
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
    const planned = events.find((event) => event.type === 'ensure.planned');
    expect(planned?.heldBytes).toBeGreaterThan(1_000_000);
  });

  it('is refused at once where the service has another size than the manifest names', async () => {
    const { ensure, world } = await modelInS3(server(), { held: bytes.subarray(1) });
    await expect(ensure()).rejects.toMatchObject({ code: 'SIZE_MISMATCH', details: { found_bytes: SIZE - 1 } });
    expect(existsSync(world.modelDir())).toBe(false);
  });

  it('is signed anew when its signature or token has ended in the middle', async () => {
    const { proxy, ensure, read } = await modelInS3(server());
    proxy.fault(s3ErrorAnswer(400, 'ExpiredToken'), { times: 1, when: isRange });
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
  });

  it('never is a mixture: replaced between two ranges, the bytes that are published are those of the manifest', async () => {
    const other = Buffer.from(bytes.map((byte) => byte ^ 0x55));
    const { proxy, ensure, read, put } = await modelInS3(server(), { held: other });
    let ranges = 0;
    proxy.fault(cutAt(600_000), { times: 1, when: isRange });
    proxy.fault(
      run(() => put(bytes)),
      { times: 1, when: (request) => isRange(request) && ++ranges === 1 },
    );
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
  });

  it('asks for a range only on condition that the object is still the one of the ranges before', async () => {
    const { bucket, proxy, ensure, read } = await modelInS3(server());
    const { ETag } = await server().client.send(new HeadObjectCommand({ Bucket: bucket, Key: `${PREFIX}/big.bin` }));
    proxy.fault(cutAt(600_000), { times: 3, when: isBigRange });
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
    const conditions = proxy.requests.filter(isBigRange).map(({ headers }) => headers['if-match']);
    expect(conditions.length).toBeGreaterThan(3);
    expect(conditions).toEqual(conditions.map((_, at) => (at === 0 ? undefined : ETag)));
  });

  it('goes over to the new object at once when a range is refused since it was replaced', async () => {
    const other = Buffer.from(bytes.map((byte) => byte ^ 0x55));
    const { proxy, ensure, read, put, events } = await modelInS3(server(), { held: other });
    proxy.fault(cutAt(600_000), { times: 1, when: isBigRange });
    proxy.fault(
      run(() => put(bytes)),
      { times: 1, when: (request) => isBigRange(request) && request.headers['if-match'] !== undefined },
    );
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
    const big = proxy.requests.filter(isBigRange);
    expect(big.filter(({ status }) => status === 412)).toHaveLength(1);
    expect(big[2]).toMatchObject({ status: 206, headers: expect.not.objectContaining({ 'if-match': expect.anything() }) });
    expect(events.filter(({ type }) => type === 'retry.scheduled')).toHaveLength(1);
  });

  it('compares what it gets, too: a service that looks at no condition is not believed', async () => {
    const other = Buffer.from(bytes.map((byte) => byte ^ 0x55));
    const { proxy, ensure, read, put } = await modelInS3(server(), { held: other });
    proxy.forget('if-match');
    proxy.fault(cutAt(600_000), { times: 1, when: isBigRange });
    proxy.fault(
      run(() => put(bytes)),
      { times: 1, when: (request) => isBigRange(request) && request.headers['if-match'] !== undefined },
    );
    await ensure();
    expect((await read()).equals(bytes)).toBe(true);
    expect(proxy.requests.every(({ status }) => status < 400)).toBe(true);
  });

  it('is refused where the service has other bytes than the manifest names', async () => {
    const { ensure, world } = await modelInS3(server(), { held: Buffer.from(bytes.map((byte) => byte ^ 0x55)) });
    await expect(ensure()).rejects.toMatchObject({ code: 'CHECKSUM_FAIL' });
    expect(existsSync(world.modelDir())).toBe(false);
  });

  it('says which credentials are missing or wrong, and with which next step', async () => {
    const { proxy, ensure } = await modelInS3(server());
    proxy.fault(s3ErrorAnswer(403, 'SignatureDoesNotMatch'));
    await expect(ensure()).rejects.toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'signature_wrong',
      hint: expect.stringContaining('secret key'),
    });
  });

  it('is fetched from its own URL in S3, where the manifest gives a file one', async () => {
    const { bucket, ensure, world } = await modelInS3(server());
    const url = `s3://${bucket}/${PREFIX}/configs/a b+c.json`;
    const file = { content: '{}', keys: { url } };
    await world.write({ [MODEL]: { files: { 'renamed.json': file }, sources: [`s3://${bucket}/nowhere`] } });
    await ensure();
    expect(await readFile(join(world.modelDir(), 'renamed.json'), 'utf8')).toBe('{}');
  });
});
