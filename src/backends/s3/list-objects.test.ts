/** What a service may send instead of a page; the honest pages are in s3-service.test.ts. */
import { afterEach, expect, it } from 'vitest';
import { collect } from '../../../test/conformance/backend.suite.ts';
import { FaultServer, status } from '../../../test/servers/http/fault-server.ts';
import { HttpClient } from '../http/http-client.ts';
import { S3Access } from './s3-access.ts';
import { createS3Backend } from './s3-backend.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listed(...bodies: readonly string[]) {
  const server = await FaultServer.start();
  const client = new HttpClient();
  closers.push(
    () => client.close(),
    () => server.stop(),
  );
  for (const body of bodies) server.fault('*', status(200, { body: `<?xml version="1.0"?>\n${body}` }), { times: 1 });
  const access = new S3Access({ config: { endpointUrl: server.url, region: 'us-east-1', anonymous: true } });
  const files = collect(createS3Backend('s3://bucket/m', access, client).list(new AbortController().signal));
  return { files, server };
}

const page = (inner: string): string => `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</ListBucketResult>`;
const object = (key: string, size = '3'): string =>
  `<Contents><Key>${key}</Key><ETag>&quot;tag&quot;</ETag><Size>${size}</Size></Contents>`;
const URL_CODED = '<EncodingType>url</EncodingType>';

it('reads keys as the service says that they are written', async () => {
  const plain = await listed(page(object('m/a+b%20&amp;&#x20;c.bin')));
  expect(await plain.files).toEqual([{ path: 'a+b%20& c.bin', sizeBytes: 3, validator: '"tag"' }]);
  const coded = await listed(page(URL_CODED + object('m/a+b%2Bc%20d%C3%BC.bin')));
  expect(await coded.files).toEqual([{ path: 'a b+c dü.bin', sizeBytes: 3, validator: '"tag"' }]);
});

it('asks for the next page with the token that it was given, as it was given', async () => {
  const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>1/a+b&amp;=</NextContinuationToken>';
  const { files, server } = await listed(page(object('m/a') + more), page(object('m/b')));
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

it('refuses a listing that turns in a circle', async () => {
  const round = page(`${object('m/a')}<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>`);
  const { files } = await listed(round, round, round);
  await expect(files).rejects.toMatchObject({ reason: 'listing_unreadable' });
});

it.each(['../../etc/passwd', '/etc/passwd', 'a//b', 'C:/windows', 'a\\b', 'nul', './a', 'folder/'])(
  'refuses the key %s, which no model may hold',
  async (key) => {
    const { files } = await listed(page(object(`m/${key}`)));
    await expect(files).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  },
);
