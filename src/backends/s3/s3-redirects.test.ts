/** Who may tell what is learnt: the service that was asked, on the bucket that was asked for. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readBody } from '../../../test/conformance/backend.suite.ts';
import { allOf, FaultServer, redirectTo, setHeader, status } from '../../../test/servers/http/fault-server.ts';
import { Secret } from '../../domain/secret.ts';
import { HttpClient } from '../http/http-client.ts';
import { S3Access } from './s3-access.ts';
import { createS3Backend, type S3Backend } from './s3-backend.ts';

const KEY = 'bucket/a.bin';
const signal = new AbortController().signal;
const keys = { accessKeyId: new Secret('AKIA'), secretAccessKey: new Secret('secret') };

let service: FaultServer;
let elsewhere: FaultServer;
let client: HttpClient;
let backend: S3Backend;

beforeEach(async () => {
  service = await FaultServer.start({ files: { [KEY]: 'hello' } });
  elsewhere = await FaultServer.start({ files: { [KEY]: 'hello' } });
  client = new HttpClient();
  backend = createS3Backend('s3://bucket', new S3Access({ config: { endpointUrl: service.url, region: 'us-east-1', keys } }), client);
});
afterEach(() => Promise.all([client.close(), service.stop(), elsewhere.stop()]));

const read = async (): Promise<string> => (await readBody(await backend.open('a.bin', { signal }))).toString();
/** Of the requests to the service that were signed, in order. */
const signedFor = () =>
  service.requests.flatMap(({ headers }) => /Credential=[^/]+\/\d+\/([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? []);
const error = (code: string, more = '') => `<Error><Code>${code}</Code><Message>words</Message>${more}</Error>`;

const MALFORMED = error('AuthorizationHeaderMalformed', '<Region>eu-west-3</Region>');
const HOURS_AHEAD = error('RequestTimeTooSkewed', `<ServerTime>${new Date(Date.now() + 7_200_000).toISOString()}</ServerTime>`);
const REGION_HEADER = { 'x-amz-bucket-region': 'eu-west-3' };

it.each([
  ['a region, in a body', status(400, { body: MALFORMED })],
  ['a region, in a header', status(400, { headers: REGION_HEADER })],
  ['a clock', status(403, { body: HOURS_AHEAD })],
  ['that keys have ended', status(400, { body: error('ExpiredToken') })],
])('another host that the service redirects to does not tell %s', async (_, answer) => {
  service.fault(KEY, redirectTo(elsewhere.urlOf(KEY), 307), { times: 1 });
  elsewhere.fault('*', answer);
  await expect(read()).rejects.not.toMatchObject({ reason: expect.stringMatching(/region|clock|token/) });
  service.clearFaults();
  expect(await read()).toBe('hello');
  expect(new Set(signedFor())).toEqual(new Set(['us-east-1']));
});

it('a region that a redirect of another host names is no reason to stop there', async () => {
  service.fault(KEY, redirectTo(elsewhere.urlOf('hop'), 307));
  elsewhere.fault('hop', allOf(redirectTo(elsewhere.urlOf(KEY)), setHeader('x-amz-bucket-region', 'eu-west-3')));
  expect(await read()).toBe('hello');
  expect(signedFor()).toEqual(['us-east-1']);
});

it('nor does the service itself, on a bucket that another host has sent us to', async () => {
  service.fault(KEY, redirectTo(elsewhere.urlOf(KEY), 307), { times: 1 });
  elsewhere.fault(KEY, redirectTo(service.urlOf('other-bucket/a.bin')));
  service.fault('other-bucket/a.bin', status(301, { headers: REGION_HEADER, body: error('PermanentRedirect') }));
  await expect(read()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  expect(await read()).toBe('hello');
  expect(new Set(signedFor())).toEqual(new Set(['us-east-1']));
});

it('the service tells it, by a redirect or by a refusal', async () => {
  service.fault(KEY, status(301, { headers: { ...REGION_HEADER, location: elsewhere.urlOf(KEY) }, body: error('PermanentRedirect') }), {
    times: 1,
  });
  expect(await read()).toBe('hello');
  expect(signedFor()).toEqual(['us-east-1', 'eu-west-3']);
  expect(elsewhere.requests).toEqual([]);
});
