import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBody } from '../../../test/conformance/backend.suite.ts';
import {
  allOf,
  chunked,
  contentRange,
  cutAt,
  endless,
  etag,
  FaultServer,
  gzipped,
  html,
  ignoreRange,
  lfsPointer,
  longerBy,
  multipart,
  noValidator,
  rateLimited,
  resetAt,
  seeded,
  setHeader,
  sha256Hex,
  shiftedRange,
  shorterBy,
  stallAt,
  status,
  throttled,
  wrongTotal,
} from '../../../test/servers/http/fault-server.ts';
import type { OpenOptions } from '../backend.ts';
import { createHttpBackend, createUrlBackend, type HttpBackend } from './http-backend.ts';
import { HttpClient } from './http-client.ts';

const SIZE = 300_000;
const signal = new AbortController().signal;
const range = { offset: 1000, length: 5000 };
let server: FaultServer;
let client: HttpClient;
let backend: HttpBackend;

beforeEach(async () => {
  server = await FaultServer.start({ files: { 'a.bin': seeded(SIZE, 1), 'page.html': '<!doctype html>', 'empty.bin': '' } });
  client = new HttpClient();
  backend = createHttpBackend(server.url, client);
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

const open = (options: Partial<OpenOptions> = {}, path = 'a.bin') => backend.open(path, { signal, ...options });
const read = async (options: Partial<OpenOptions> = {}, path = 'a.bin') => readBody(await open(options, path));

/** Bytes that came before the error. */
async function readUntilError(options: Partial<OpenOptions> = {}): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of (await open(options)).body) chunks.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
  throw new Error('the body ended without an error');
}

const honest = (offset: number, length: number) => Buffer.from(seeded(SIZE, 1).read(offset, length));

describe('a source that ignores ranges', () => {
  it('gives the file from its start, and says so', async () => {
    server.fault('a.bin', ignoreRange());
    const file = await open({ range });
    expect([file.offset, file.totalBytes]).toEqual([0, SIZE]);
    expect((await readBody(file)).equals(honest(0, SIZE))).toBe(true);
    expect(await backend.stat('a.bin', signal)).toMatchObject({ sizeBytes: SIZE });
  });
});

describe('a source that answers another range', () => {
  it.each([
    ['shifted', shiftedRange(1), 'range_wrong'],
    ['without Content-Range', contentRange(''), 'range_wrong'],
    ['with nonsense for one', contentRange('bytes 1000-5999'), 'range_wrong'],
    ['in several parts', multipart(), 'multipart'],
  ])('%s is refused before a byte is taken', async (_, fault, reason) => {
    server.fault('a.bin', fault);
    await expect(open({ range })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason, retryable: false });
    await expect.poll(() => server.requests[0]?.done, { interval: 5 }).toBe(true);
  });

  it('of a file of another size is a SIZE_MISMATCH', async () => {
    server.fault('a.bin', wrongTotal(SIZE + 1));
    await expect(open({ range, expectedBytes: SIZE })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    await expect(open({ expectedBytes: SIZE - 1 })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });
});

describe('validators', () => {
  it('go along as conditions, so that a changed file is not even sent', async () => {
    const { validator = '' } = await backend.stat('a.bin', signal);
    server.put('a.bin', seeded(SIZE, 2));
    await expect(open({ range, validator })).rejects.toMatchObject({ code: 'DRIFT', reason: 'validator_changed' });
    expect(server.requests.at(-1)?.headers).toMatchObject({ 'if-match': validator, 'if-range': validator });
    expect(server.requests.at(-1)?.status).toBe(412);
  });

  it('that change between two ranges are DRIFT, though the server minds no condition', async () => {
    const { validator = '' } = await backend.stat('a.bin', signal);
    server.fault('a.bin', etag('"new"'));
    await expect(open({ range, validator })).rejects.toMatchObject({ code: 'DRIFT', details: { held: validator, found: '"new"' } });
  });

  it('are none where the ETag is weak, or missing', async () => {
    server.fault('a.bin', allOf(noValidator(), etag('W/"x"')), { times: 1 }).fault('a.bin', noValidator());
    expect(await backend.stat('a.bin', signal)).toEqual({ path: 'a.bin', sizeBytes: SIZE });
    expect(await backend.stat('a.bin', signal)).toEqual({ path: 'a.bin', sizeBytes: SIZE });
  });

  it('are dates where there is no strong ETag', async () => {
    server.fault('a.bin', etag(''));
    const { validator = '' } = await backend.stat('a.bin', signal);
    expect(Date.parse(validator)).not.toBeNaN();
    expect((await read({ range, validator })).length).toBe(5000);
    expect(server.requests.at(-1)?.headers).toMatchObject({ 'if-unmodified-since': validator, 'if-range': validator });
  });
});

describe('a body', () => {
  it('without a length is taken to its end', async () => {
    server.fault('a.bin', chunked());
    expect((await read()).equals(honest(0, SIZE))).toBe(true);
    const file = await open();
    expect(file.totalBytes).toBeUndefined();
    file.cancel();
  });

  it('cut off by either side of TCP is INCOMPLETE_DOWNLOAD, and what came before it is right', async () => {
    server.fault('a.bin', cutAt(70_000), { times: 1 }).fault('a.bin', resetAt(70_000));
    const cut = await readUntilError({ range: { offset: 1000 } });
    expect(cut.error).toMatchObject({ code: 'INCOMPLETE_DOWNLOAD', reason: 'body_short', retryable: true });
    expect(cut.bytes.equals(honest(1000, 70_000))).toBe(true);
    const reset = await readUntilError();
    expect(reset.error).toMatchObject({ code: 'INCOMPLETE_DOWNLOAD', reason: 'body_short', retryable: true });
    expect(reset.bytes.equals(honest(0, reset.bytes.length))).toBe(true);
  });

  it('that ends cleanly but early is INCOMPLETE_DOWNLOAD', async () => {
    server.fault('a.bin', shorterBy(1));
    const { bytes, error } = await readUntilError({ range });
    expect(error).toMatchObject({
      code: 'INCOMPLETE_DOWNLOAD',
      reason: 'body_short',
      details: { expected_bytes: 5000, received_bytes: 4999 },
    });
    expect(bytes.length).toBe(4999);
    expect((await readUntilError({ expectedBytes: SIZE })).error).toMatchObject({ code: 'INCOMPLETE_DOWNLOAD' });
  });

  it('that never ends is cut off at the expected size, with nothing beyond it given out', async () => {
    server.fault('a.bin', endless());
    const { bytes, error } = await readUntilError({ expectedBytes: SIZE });
    expect(error).toMatchObject({ code: 'SIZE_MISMATCH', reason: 'body_long' });
    expect(bytes.equals(honest(0, bytes.length))).toBe(true);
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });

  it('longer than promised gives what was promised', async () => {
    server.fault('a.bin', longerBy(50_000), { times: 1 });
    expect((await read({ range })).equals(honest(1000, 5000))).toBe(true);
    expect((await read({ range })).equals(honest(1000, 5000))).toBe(true);
  });

  it('that is encoded although identity was asked for is refused', async () => {
    server.fault('a.bin', gzipped());
    await expect(open()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'encoding_unexpected', retryable: false });
  });

  it('that is a web page is told as one, be its size right, wrong or unknown', async () => {
    const page = `<!DOCTYPE html><title>Please log in</title>${'.'.repeat(5000)}`;
    server.fault('a.bin', html(page));
    for (const options of [{}, { range }, { expectedBytes: SIZE }, { expectedBytes: page.length }, { validator: '"old"' }]) {
      await expect(read(options)).rejects.toMatchObject({
        code: 'FORMAT_INVALID',
        reason: 'html_body',
        message: expect.stringContaining('Please log in'),
      });
    }
  });

  it('that is a web page and shall be one passes', async () => {
    server.fault('page.html', setHeader('content-type', 'text/html'));
    expect((await read({}, 'page.html')).toString()).toBe('<!doctype html>');
  });

  it('that is a Git-LFS pointer is told as one, though it comes in drops', async () => {
    server.fault('a.bin', lfsPointer(), { times: 1 }).fault('a.bin', allOf(lfsPointer(), throttled(5000)));
    await expect(read({ expectedBytes: SIZE })).rejects.toMatchObject({ code: 'FORMAT_INVALID', reason: 'lfs_pointer' });
    await expect(read()).rejects.toMatchObject({ details: { pointer_size_bytes: SIZE } });
  });

  it('nobody wants any more lets its connection go, though the source sends nothing', async () => {
    server.fault('a.bin', stallAt(1000));
    const unread = await open();
    const half = await open();
    await half.body[Symbol.asyncIterator]().next();
    expect(server.openConnections).toBe(2);
    unread.cancel();
    half.cancel();
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });

  it('that starts like none of these loses no byte to the looking', async () => {
    for (const text of ['', '<', 'version https://git-l', '<xml>', '  ']) {
      server.put('small', text);
      expect((await read({}, 'small')).toString()).toBe(text);
    }
  });
});

describe('a status', () => {
  it('429 carries how long to wait', async () => {
    server
      .fault('a.bin', rateLimited(3), { times: 1 })
      .fault('a.bin', rateLimited('Fri, 31 Dec 9999 23:59:59 GMT'), { times: 1 })
      .fault('a.bin', rateLimited('soon'));
    await expect(open()).rejects.toMatchObject({ code: 'RATE_LIMIT', details: { http_status: 429, retry_after_ms: 3000 } });
    await expect(open()).rejects.toMatchObject({ details: { retry_after_ms: 86_400_000 } });
    await expect(open()).rejects.toMatchObject({ details: { http_status: 429 } });
  });

  it('5xx passes, 4xx stays', async () => {
    server.fault('a.bin', status(503), { times: 1 }).fault('a.bin', status(404), { times: 1 });
    await expect(open()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'server_error', retryable: true });
    await expect(open()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'not_found', retryable: false });
    expect((await read()).length).toBe(SIZE);
  });

  it('416 for a range within the file is refused', async () => {
    server.fault('a.bin', status(416, { headers: { 'content-range': `bytes */${SIZE}` } }));
    await expect(open({ range })).rejects.toMatchObject({ reason: 'range_wrong' });
    await expect(open({ range: { offset: SIZE } })).resolves.toMatchObject({ offset: SIZE, totalBytes: SIZE });
  });

  it('with an endless body of its own does not hold us up', async () => {
    server.fault('a.bin', allOf(status(500, { body: 'x'.repeat(5000) }), endless()));
    await expect(open()).rejects.toMatchObject({ reason: 'server_error' });
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });

  it('403 on a signed URL that has ended is told as that, and the signature never', async () => {
    server.fault('a.bin', status(403, { body: '<Code>AccessDenied</Code><Message>Request has expired</Message>' }));
    const signed = createUrlBackend(`${server.urlOf('a.bin')}?X-Amz-Signature=s3cret`, client);
    const error = await signed.open('anything', { signal }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AUTH_FAIL', reason: 'expired' });
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });
});

it('ranges read side by side make up the file', async () => {
  const parts = await Promise.all(Array.from({ length: 10 }, (_, n) => read({ range: { offset: n * 30_000, length: 30_000 } })));
  const whole = Buffer.concat(parts);
  expect(sha256Hex({ sizeBytes: SIZE, tag: '', read: (offset, length) => whole.subarray(offset, offset + length) })).toBe(
    sha256Hex(seeded(SIZE, 1)),
  );
});
