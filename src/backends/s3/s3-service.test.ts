import { hash } from 'node:crypto';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect, readBody } from '../../../test/conformance/backend.suite.ts';
import { describeS3 } from '../../../test/servers/s3/describe-s3.ts';
import { answer, FaultProxy, s3ErrorAnswer } from '../../../test/servers/s3/fault-proxy.ts';
import type { S3Server } from '../../../test/servers/s3/s3-server.ts';
import { isModelError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { mapLimit } from '../../util/map-limit.ts';
import { createUrlBackend } from '../http/http-backend.ts';
import { HttpClient } from '../http/http-client.ts';
import { S3Access } from './s3-access.ts';
import { createS3Backend, createS3FileBackend, type S3Backend } from './s3-backend.ts';
import type { S3Config } from './s3-config.ts';
import { xmlText } from './s3-xml.ts';
import { NodeSha256 } from './sign-request.ts';

const signal = new AbortController().signal;
const HOUR = 3_600_000;

/** The way of a user to a server, with a proxy on it that sees and misbehaves. */
async function wayTo(server: S3Server, config: S3Config = {}, nowMs?: () => number) {
  const proxy = await FaultProxy.start(server.endpoint);
  const client = new HttpClient();
  onTestFinished(async () => {
    await client.close();
    await proxy.stop();
  });
  const keys = { accessKeyId: new Secret(server.accessKeyId), secretAccessKey: new Secret(server.secretAccessKey) };
  const access = new S3Access({
    config: { endpointUrl: proxy.endpoint, region: server.region, keys, ...config },
    ...(nowMs !== undefined && { nowMs }),
  });
  return {
    proxy,
    client,
    open: (url: string): S3Backend => createS3Backend(url, access, client),
    openFile: (url: string): S3Backend => createS3FileBackend(url, access, client),
  };
}

async function bucketWith(server: S3Server, objects: Readonly<Record<string, string>>): Promise<string> {
  const bucket = await server.createBucket();
  for (const [key, body] of Object.entries(objects)) await server.put(bucket, key, body);
  return bucket;
}

const read = async (backend: S3Backend, path: string): Promise<string> => (await readBody(await backend.open(path, { signal }))).toString();
/** Of the service's own token service, for a quarter of an hour. */
async function temporaryKeys({ endpoint, region, accessKeyId, secretAccessKey }: S3Server) {
  const { protocol, hostname, host } = new URL(endpoint);
  const body = 'Action=AssumeRole&Version=2011-06-15&DurationSeconds=900';
  const signer = new SignatureV4({ service: 'sts', region, credentials: { accessKeyId, secretAccessKey }, sha256: NodeSha256 });
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const signed = await signer.sign({ method: 'POST', protocol, hostname, path: '/', headers, body });
  const answer = await (await fetch(`${endpoint}/`, { method: 'POST', headers: signed.headers, body })).text();
  const secret = (name: string) => new Secret(xmlText(answer, name) ?? '');
  return { accessKeyId: secret('AccessKeyId'), secretAccessKey: secret('SecretAccessKey'), sessionToken: secret('SessionToken') };
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'nothing failed').catch((error: unknown) => error);

describeS3('an S3 service', (server, name) => {
  it('lists more keys than fit on a page; folder markers and what only begins like the prefix are not among them', async () => {
    const bucket = await bucketWith(server(), { 'm/': '', 'm/sub/': '', 'm2/other.bin': 'x' });
    const keys = Array.from({ length: 1003 }, (_, n) => `m/part ${n} + ü.bin`);
    for (const put of await mapLimit(keys, 16, (key) => server().put(bucket, key, 'x'))) expect(put.status).toBe('fulfilled');
    const { open, proxy } = await wayTo(server());
    const listed = await collect(open(`s3://${bucket}/m`).list(signal));
    expect(new Set(listed.map(({ path }) => `m/${path}`))).toEqual(new Set(keys));
    expect(listed.every(({ sizeBytes, validator }) => sizeBytes === 1 && validator !== undefined)).toBe(true);
    expect(proxy.requests.length).toBe(2);
  });

  it('gives in its listing the validator that an answer has', async () => {
    const bucket = await bucketWith(server(), { 'm/a.bin': 'hello' });
    const backend = (await wayTo(server())).open(`s3://${bucket}/m`);
    const [listed] = await collect(backend.list(signal));
    expect((await backend.stat('a.bin', signal)).validator).toBe(listed?.validator);
  });

  it('refuses a listing with a key that no model may hold, and names it', async () => {
    const bucket = await bucketWith(server(), { 'm/fine.bin': 'x', 'm/deep/aux.txt': 'x' });
    const { open } = await wayTo(server());
    await expect(collect(open(`s3://${bucket}/m`).list(signal))).rejects.toMatchObject({
      code: 'PATH_UNSAFE',
      message: expect.stringContaining('"deep/aux.txt"'),
    });
  });

  it('reads keys with everything that a URL would take for its own', async () => {
    const names = ["(a)!'.bin", 'a+b c%41&=;@,$~.bin', 'ü#й日.bin'];
    // MinIO's folders cannot hold a name without letters.
    const prefix = name === 'MinIO' ? 'p*/q' : 'p*//q';
    const bucket = await bucketWith(server(), Object.fromEntries(names.map((key) => [`${prefix}/${key}`, key])));
    const { open, openFile } = await wayTo(server());
    for (const path of names) {
      expect(await read(open(`s3://${bucket}/${prefix}`), path)).toBe(path);
      expect(await read(openFile(`s3://${bucket}/${prefix}/${path}`), 'whatever')).toBe(path);
    }
  });

  it('takes a sha256 for one only where it is that of the whole object', async () => {
    const bucket = await bucketWith(server(), { plain: 'plain' });
    await server().put(bucket, 'whole', 'whole', { ChecksumAlgorithm: 'SHA256' });
    await server().putInParts(bucket, 'parts', [Buffer.alloc(5 * 2 ** 20, 1), Buffer.from('end')]);
    const backend = (await wayTo(server())).open(`s3://${bucket}`);
    expect(await backend.stat('whole', signal)).toMatchObject({ sizeBytes: 5, sha256: hash('sha256', 'whole') });
    for (const path of ['plain', 'parts']) expect(await backend.stat(path, signal)).not.toHaveProperty('sha256');
  });

  it('tells a missing bucket from a missing object', async () => {
    const bucket = await bucketWith(server(), {});
    const { open } = await wayTo(server());
    await expect(open(`s3://${bucket}`).stat('none.bin', signal)).rejects.toMatchObject({
      reason: 'not_found',
      details: { s3_code: 'NoSuchKey' },
    });
    const missing = { code: 'SOURCE_UNAVAILABLE', reason: 'bucket_not_found', retryable: false };
    await expect(open('s3://no-such-bucket-here').stat('a.bin', signal)).rejects.toMatchObject(missing);
    await expect(collect(open('s3://no-such-bucket-here').list(signal))).rejects.toMatchObject(missing);
  });

  it('learns the region of a bucket from the refusal, once, and goes there with all that follows', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'here' });
    const { open, proxy } = await wayTo(server());
    proxy.fault(s3ErrorAnswer(301, 'PermanentRedirect', '', { 'x-amz-bucket-region': 'ap-south-1' }), { times: 2 });
    const signedFor = () => proxy.requests.map(({ headers }) => /Credential=[^/]+\/\d+\/([^/]+)/.exec(headers.authorization ?? '')?.[1]);
    await failure(read(open(`s3://${bucket}`), 'a.bin'));
    expect(signedFor().slice(0, 2)).toEqual([server().region, 'ap-south-1']);
    proxy.clearFaults();
    const message = { code: 'SOURCE_UNAVAILABLE', reason: 'region_wrong', hint: 'set s3_region = "sa-east-1" (or AWS_REGION=sa-east-1)' };
    proxy.fault(s3ErrorAnswer(400, 'AuthorizationHeaderMalformed', '<Region>sa-east-1</Region>'));
    await expect(open(`s3://${bucket}`).open('a.bin', { signal })).rejects.toMatchObject(message);
  });

  it('signs a range once for many ranges, and anew when the signature has aged', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
    let nowMs = Date.now();
    const { open, proxy } = await wayTo(server(), {}, () => nowMs);
    const backend = open(`s3://${bucket}`);
    const target = await backend.httpTarget('a.bin', signal);
    expect(target.validUntilMs).toBe(nowMs + 300_000);
    const asked = proxy.requests.length;
    for (const range of ['bytes=0-1', 'bytes=2-4']) {
      const sent = await fetch(target.url, { headers: { ...target.headers, range } });
      expect(sent.status).toBe(206);
    }
    expect(proxy.requests.length).toBe(asked + 2);
    nowMs += 1000;
    backend.dropTarget('a.bin', target);
    expect((await backend.httpTarget('a.bin', signal)).headers.authorization).not.toBe(target.headers.authorization);
  });

  it('asks once whether the source lets it in, however many files wait', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'a', 'b.bin': 'b', 'c.bin': 'c' });
    const { open, proxy } = await wayTo(server());
    const backend = open(`s3://${bucket}`);
    await Promise.all(['a.bin', 'b.bin', 'c.bin'].map((path) => backend.httpTarget(path, signal)));
    expect(proxy.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('says that the requester pays with every request, and signs nothing where it is to be anonymous', async () => {
    const bucket = await bucketWith(server(), { 'm/a.bin': 'hello' });
    const { open, proxy } = await wayTo(server(), { requesterPays: true });
    const backend = open(`s3://${bucket}/m`);
    await backend.stat('a.bin', signal);
    await collect(backend.list(signal));
    expect(await read(backend, 'a.bin')).toBe('hello');
    expect(proxy.requests.map(({ headers }) => headers['x-amz-request-payer'])).toEqual(['requester', 'requester', 'requester']);
    expect((await backend.httpTarget('a.bin', signal)).headers).toMatchObject({ 'x-amz-request-payer': 'requester' });
    const anonymous = await wayTo(server(), { anonymous: true });
    await failure(read(anonymous.open(`s3://${bucket}/m`), 'a.bin'));
    expect(anonymous.proxy.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('asks for listings compressed, for objects never', async () => {
    const bucket = await bucketWith(server(), { 'm/a.bin': 'hello' });
    const { open, proxy } = await wayTo(server());
    const backend = open(`s3://${bucket}/m`);
    await collect(backend.list(signal));
    await backend.stat('a.bin', signal);
    await read(backend, 'a.bin');
    expect(proxy.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', 'identity', 'identity']);
    expect((await backend.httpTarget('a.bin', signal)).headers['accept-encoding']).toBe('identity');
  });

  it.each([
    [403, 'InvalidObjectState', { code: 'SOURCE_UNAVAILABLE', reason: 'archived', hint: expect.stringContaining('restore-object') }],
    [403, 'RequestTimeTooSkewed', { code: 'AUTH_FAIL', reason: 'clock_skewed', hint: expect.stringContaining('clock') }],
    [403, 'AccessDenied', { code: 'AUTH_FAIL', reason: 'access_denied', hint: expect.stringContaining('s3:GetObject') }],
    [400, 'InvalidToken', { code: 'AUTH_FAIL', reason: 'token_invalid', hint: expect.stringContaining('temporary') }],
    [503, 'SlowDown', { code: 'RATE_LIMIT', reason: 'slow_down', retryable: true }],
  ])('tells what %i %s means, of an object and of a listing', async (status, code, meaning) => {
    const bucket = await bucketWith(server(), { 'm/a.bin': 'hello' });
    const { open, proxy } = await wayTo(server());
    proxy.fault(s3ErrorAnswer(status, code));
    const backend = open(`s3://${bucket}/m`);
    await expect(backend.stat('a.bin', signal)).rejects.toMatchObject(meaning);
    await expect(read(backend, 'a.bin')).rejects.toMatchObject(meaning);
    await expect(backend.httpTarget('a.bin', signal)).rejects.toMatchObject(meaning);
    await expect(collect(backend.list(signal))).rejects.toMatchObject(meaning);
  });

  it('says of a presigned URL that it has ended, whoever refuses it', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
    const { client, proxy } = await wayTo(server());
    const url = await server().presign(bucket, 'a.bin', { seconds: 60, signedAt: new Date(Date.now() - HOUR) });
    proxy.fault(s3ErrorAnswer(403, 'AccessDenied'));
    const error = await failure(createUrlBackend(url.replace(server().endpoint, proxy.endpoint), client).stat('', signal));
    expect(error).toMatchObject({ code: 'AUTH_FAIL', reason: 'expired' });
    expect(JSON.stringify(error)).not.toContain('Signature=');
  });

  it('asks for new keys once when a token has ended, and tells when that is of no use', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
    const { open, proxy } = await wayTo(server());
    proxy.fault(s3ErrorAnswer(400, 'ExpiredToken'), { times: 1 });
    expect(await read(open(`s3://${bucket}`), 'a.bin')).toBe('hello');
    proxy.fault(s3ErrorAnswer(400, 'ExpiredToken'));
    const error = await failure(read(open(`s3://${bucket}`), 'a.bin'));
    expect(error).toMatchObject({ code: 'AUTH_FAIL', reason: 'token_expired', retryable: false });
  });

  it('is not taken for one that knows us where something else says no', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
    const { open, proxy } = await wayTo(server());
    proxy.fault(answer(401, 'log in at the portal'));
    const refused = { code: 'AUTH_FAIL', hint: expect.stringContaining('s3_endpoint_url') };
    await expect(read(open(`s3://${bucket}`), 'a.bin')).rejects.toMatchObject(refused);
    await expect(collect(open(`s3://${bucket}`).list(signal))).rejects.toMatchObject(refused);
  });

  it('never shows a key, whatever is refused', async () => {
    const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
    const { open, proxy } = await wayTo(server());
    const echo = `<AWSAccessKeyId>${server().accessKeyId}</AWSAccessKeyId><StringToSign>${server().secretAccessKey}</StringToSign>`;
    proxy.fault(s3ErrorAnswer(403, 'SignatureDoesNotMatch', echo));
    const error = await failure(read(open(`s3://${bucket}`), 'a.bin'));
    if (!isModelError(error)) throw error;
    const shown = JSON.stringify(error) + error.message + error.stack;
    expect(shown).toContain('SignatureDoesNotMatch');
    expect(shown).not.toContain(server().accessKeyId);
    expect(shown).not.toContain(server().secretAccessKey);
  });

  // The rest needs a server that looks at signatures.
  if (name !== 'MinIO') return;
  describe('that checks what it is told', () => {
    it('refuses a wrong secret and an unknown key, each by name', async () => {
      const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
      const [id, secret] = [new Secret(server().accessKeyId), new Secret('wrong')];
      const wrong = await wayTo(server(), { keys: { accessKeyId: id, secretAccessKey: secret } });
      const refused = { code: 'AUTH_FAIL', reason: 'signature_wrong', retryable: false };
      await expect(wrong.open(`s3://${bucket}`).stat('a.bin', signal)).rejects.toMatchObject(refused);
      await expect(collect(wrong.open(`s3://${bucket}`).list(signal))).rejects.toMatchObject(refused);
      const unknown = await wayTo(server(), { keys: { accessKeyId: new Secret('AKIANOBODY1234567890'), secretAccessKey: secret } });
      await expect(read(unknown.open(`s3://${bucket}`), 'a.bin')).rejects.toMatchObject({ code: 'AUTH_FAIL', reason: 'key_unknown' });
    });

    it('is read in its own region although another one was configured', async () => {
      const bucket = await bucketWith(server(), { 'm/a.bin': 'hello' });
      const { open, proxy } = await wayTo(server(), { region: 'us-west-2' });
      const backend = open(`s3://${bucket}/m`);
      expect(await collect(backend.list(signal))).toHaveLength(1);
      expect(await read(backend, 'a.bin')).toBe('hello');
      expect((await backend.httpTarget('a.bin', signal)).headers.authorization).toContain('/eu-west-1/s3/');
      expect(proxy.requests.filter(({ status }) => status >= 400)).toHaveLength(1);
    });

    it('is read by a machine whose clock is wrong', async () => {
      const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
      const { open, proxy } = await wayTo(server(), {}, () => Date.now() - 3 * HOUR);
      expect(await read(open(`s3://${bucket}`), 'a.bin')).toBe('hello');
      expect(proxy.requests.map(({ status }) => status)).toEqual([403, 200]);
    });

    it('gives the version asked for, and says when there is no such one', async () => {
      const bucket = await server().createBucket({ versioned: true });
      const first = await server().put(bucket, 'a b.bin', 'first');
      await server().put(bucket, 'a b.bin', 'second');
      const { openFile } = await wayTo(server());
      expect(await read(openFile(`s3://${bucket}/a b.bin`), '')).toBe('second');
      const old = openFile(`s3://${bucket}/a b.bin?versionId=${first}`);
      expect(await read(old, '')).toBe('first');
      expect(await old.stat('', signal)).toMatchObject({ sizeBytes: 5 });
      const none = openFile(`s3://${bucket}/a b.bin?versionId=00000000-0000-0000-0000-000000000000`);
      await expect(read(none, '')).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'not_found' });
    });

    it('lets in temporary keys with their token, and not without it', async () => {
      const bucket = await bucketWith(server(), { 'm/a.bin': 'hello' });
      const keys = await temporaryKeys(server());
      const { open, proxy } = await wayTo(server(), { keys });
      const backend = open(`s3://${bucket}/m`);
      expect(await read(backend, 'a.bin')).toBe('hello');
      expect(await collect(backend.list(signal))).toHaveLength(1);
      expect(proxy.requests.every(({ headers }) => headers['x-amz-security-token'] === keys.sessionToken.reveal())).toBe(true);
      const bare = await wayTo(server(), { keys: { ...keys, sessionToken: undefined } });
      await expect(read(bare.open(`s3://${bucket}/m`), 'a.bin')).rejects.toMatchObject({ code: 'AUTH_FAIL', retryable: false });
    });

    it('lets nobody in without keys but where the bucket is public', async () => {
      const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
      const { open } = await wayTo(server(), { anonymous: true });
      await expect(open(`s3://${bucket}`).stat('a.bin', signal)).rejects.toMatchObject({
        code: 'AUTH_FAIL',
        reason: 'access_denied',
        hint: expect.stringContaining('s3_anonymous'),
      });
      const Statement = [{ Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: `arn:aws:s3:::${bucket}/*` }];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await server().client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      expect(await read(open(`s3://${bucket}`), 'a.bin')).toBe('hello');
    });

    it('serves a presigned URL until it ends, and then the error says so', async () => {
      const bucket = await bucketWith(server(), { 'a.bin': 'hello' });
      const { client } = await wayTo(server());
      const good = createUrlBackend(await server().presign(bucket, 'a.bin', { seconds: 600 }), client);
      expect((await readBody(await good.open('', { signal, range: { offset: 1 } }))).toString()).toBe('ello');
      const url = await server().presign(bucket, 'a.bin', { seconds: 60, signedAt: new Date(Date.now() - HOUR) });
      const error = await failure(createUrlBackend(url, client).stat('', signal));
      expect(error).toMatchObject({ code: 'AUTH_FAIL', reason: 'expired' });
      expect(JSON.stringify(error)).not.toContain('Signature=');
    });
  });
});
