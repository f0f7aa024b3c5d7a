/** What a service may send instead of a page; the honest pages are in s3-service.test.ts. */
import { afterEach, expect, it } from 'vitest';
import { collect } from '../../../test/conformance/backend.suite.ts';
import { allOf, type Fault, FaultServer, gzipped, status } from '../../../test/servers/http/fault-server.ts';
import { HttpClient } from '../http/http-client.ts';
import { S3Access } from './s3-access.ts';
import { createS3Backend } from './s3-backend.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Against a service whose n-th answer, from 0, has this body. */
async function listedFrom(bodyOf: (n: number) => string, how: Fault = () => undefined) {
  const server = await FaultServer.start();
  const client = new HttpClient();
  closers.push(
    () => client.close(),
    () => server.stop(),
  );
  let n = 0;
  server.fault('*', (reply, request) => allOf(status(200, { body: `<?xml version="1.0"?>\n${bodyOf(n++)}` }), how)(reply, request));
  const access = new S3Access({ config: { endpointUrl: server.url, region: 'us-east-1', anonymous: true } });
  const files = collect(createS3Backend('s3://bucket/m', access, client).list(new AbortController().signal));
  return { files, server };
}

const listed = (...bodies: readonly string[]) => listedFrom((n) => bodies[n] ?? 'no more pages');

const page = (inner: string): string => `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</ListBucketResult>`;
const object = (key: string, size = '3'): string =>
  `<Contents><Key>${key}</Key><ETag>&quot;tag&quot;</ETag><Size>${size}</Size></Contents>`;
const goesOn = (token: string): string => `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;
const URL_CODED = '<EncodingType>url</EncodingType>';

it('reads keys as the service says that they are written', async () => {
  const plain = await listed(page(object('m/a+b%20&amp;&#x20;c.bin')));
  expect(await plain.files).toEqual([{ path: 'a+b%20& c.bin', sizeBytes: 3, validator: '"tag"' }]);
  const coded = await listed(page(URL_CODED + object('m/a+b%2Bc%20d%C3%BC.bin')));
  expect(await coded.files).toEqual([{ path: 'a b+c dü.bin', sizeBytes: 3, validator: '"tag"' }]);
});

it('asks for the next page with the token that it was given, as it was given', async () => {
  const { files, server } = await listed(page(object('m/a') + goesOn('1/a+b&amp;=')), page(object('m/b')));
  expect((await files).map(({ path }) => path)).toEqual(['a', 'b']);
  expect(new URLSearchParams(server.requests[1]?.query).get('continuation-token')).toBe('1/a+b&=');
  expect(new URLSearchParams(server.requests[0]?.query).get('prefix')).toBe('m/');
});

it.each([
  ['a page that is none', '<html><body>Welcome</body></html>'],
  ['a key outside of the prefix', page(object('other/a'))],
  ['a size that is none', page(object('m/a', '-1'))],
  ['a key badly encoded', page(URL_CODED + object('m/%zz'))],
])('refuses %s', async (_, body) => {
  const { files } = await listed(body);
  await expect(files).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'listing_unreadable', retryable: false });
});

it.each([
  ['a listing that goes round in a circle', (n: number) => goesOn(['one', 'two', 'three', 'two'][n] ?? 'more')],
  ['a page that says nothing of how to go on', () => '<IsTruncated>true</IsTruncated>'],
])('refuses %s', async (_, end) => {
  const { files, server } = await listedFrom((n) => page(object(`m/${n}`) + end(n)));
  await expect(files).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'listing_unreadable', retryable: false });
  expect(server.requests.length).toBeLessThanOrEqual(4);
});

const TOO_LONG = { code: 'SOURCE_UNAVAILABLE', reason: 'listing_too_long', retryable: false, hint: expect.stringContaining('prefix') };

it('gives up a listing that always has one page more', async () => {
  const { files, server } = await listedFrom((n) => page(goesOn(`token ${n}`)));
  await expect(files).rejects.toMatchObject({ ...TOO_LONG, message: expect.stringContaining('more than 1000 pages') });
  expect(server.requests).toHaveLength(1000);
});

it('gives up a listing of more keys than a model can have', async () => {
  const many = '<Contents><Key>m/a</Key><Size>1</Size></Contents>'.repeat(125_001);
  const { files, server } = await listedFrom((n) => page(many + goesOn(`token ${n}`)), gzipped());
  await expect(files).rejects.toMatchObject({ ...TOO_LONG, message: expect.stringContaining('more than 250000 keys') });
  expect(server.requests).toHaveLength(2);
});

it.each(['W/&quot;tag&quot;', 'W/tag', '&quot;&quot;', ''])('takes no validator from the ETag %s, which is weak or none', async (etag) => {
  const { files } = await listed(page(`<Contents><Key>m/a</Key><ETag>${etag}</ETag><Size>3</Size></Contents>`));
  expect(await files).toEqual([{ path: 'a', sizeBytes: 3 }]);
});

it('takes an ETag without its quotes for the one that answers have', async () => {
  const { files } = await listed(page('<Contents><Key>m/a</Key><ETag>tag</ETag><Size>3</Size></Contents>'));
  expect(await files).toEqual([{ path: 'a', sizeBytes: 3, validator: '"tag"' }]);
});

it('asks for pages compressed, and reads them so', async () => {
  const { files, server } = await listedFrom(() => page(object('m/a')), gzipped());
  expect(await files).toHaveLength(1);
  expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip');
});

it('stops unpacking a page that has no end in sight', async () => {
  const { files } = await listedFrom(() => ' '.repeat(48 * 2 ** 20), gzipped());
  await expect(files).rejects.toMatchObject({ reason: 'listing_unreadable', message: expect.stringContaining('more than 16 MiB') });
});

it.each(['../../etc/passwd', '/etc/passwd', 'a//b', 'C:/windows', 'a\\b', 'nul', './a', 'folder/'])(
  'refuses the key %s, which no model may hold',
  async (key) => {
    const { files } = await listed(page(object(`m/${key}`)));
    await expect(files).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  },
);
