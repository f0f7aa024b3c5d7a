/** Whatever is asked of the service: a failure that is the caller's is told as such, nothing outside of the root is touched, and it goes on. */
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { census } from '../support/census.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { type TestService, testService } from '../support/test-service.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** As it is written: nothing is normalised on the way. Without a length Node would send the body of a DELETE as if it were the next request. */
function send({ port }: TestService, { method, path, headers, body }: Asked, agent: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request({ port, host: '127.0.0.1', method, path, headers: { ...headers, ...length }, agent }, (response) => {
      text(response).then((answered) => resolve({ status: response.statusCode ?? 0, body: answered }), reject);
    });
    sent.once('error', reject).end(body);
  });
}

const hostile = fc.constantFrom(
  ...[
    '..',
    '../..',
    '..%2f..%2f',
    '%2e%2e/',
    '%252e%252e%252f',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    '%00',
    'a%00b',
    'CON',
    'C:\\x',
    '\\\\host\\x',
    '.verified.json',
  ],
  ...[
    '.blobs',
    '%c0%ae%c0%ae',
    '%u002e',
    'a'.repeat(600),
    'a@',
    '@',
    '@1.0.0',
    'a@b@c@d',
    `${MODEL}@fp16`,
    `${MODEL}%23fp16`,
    MODEL,
    't2v-tiny',
    '__proto__',
    'constructor',
  ],
);
const pathPart = fc.oneof(hostile, fc.string({ maxLength: 40 }).map(encodeURIComponent), fc.stringMatching(/^[!-~]{0,30}$/));
const route = fc.constantFrom(
  '/models/X',
  '/models/X/status',
  '/models/X/files',
  '/models/X/files/Y',
  '/models/X/plan',
  '/models/X/sources',
  '/models/X/pin',
  '/models/X/verify',
  '/health/models/X',
  '/models',
  '/gc/plan',
  '/gc',
  '/pins',
  '/models/statistics',
  '/uploads',
  '/uploads/X',
  '/uploads/X/complete',
  '/uploads/X/files/Y',
  `/uploads/${'a'.repeat(32)}/files/0`,
  '/X',
  '/X/Y',
);
const prefix = fc.constantFrom('', '/v1', '/api', '/api/v1', '//', '/v1/');
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'limit',
        'offset',
        'page',
        'page_size',
        'status',
        'type',
        'search',
        'variant',
        'probe',
        'max_size',
        'older_than',
        'keep_last',
        'force',
        'timeout_ms',
        'tag',
        'custom',
        '__proto__',
        'a[b]',
      ),
      pathPart,
    ),
    { maxLength: 4 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`));
const registryBodies = [
  { name: 'fuzz', tags: ['a'] },
  { name: 'fuzz', metadata: { deep: [[[[[[[1]]]]]]] } },
  { description: '\u202e' },
  { tags: null, metadata: { __proto__x: 1 } },
  { id: 'up@1.0.0', files: [{ path: 'a', size: 3 }] },
  { id: 'up@1.0.0', files: [{ path: '../../x', size: 3 }] },
  { id: '../../x@1.0.0', files: [{ path: 'a', size: 1e300 }] },
].map((value) => fc.constant(JSON.stringify(value)));
const body = fc.option(
  fc.oneof(
    fc.json(),
    fc.string(),
    fc.constant('{"reason":{"a":1}}'),
    fc.constant('{"until":[]}'),
    ...registryBodies,
    fc.constant(`{"a":${'['.repeat(5000)}`),
  ),
  { nil: undefined },
);
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/offset+octet-stream',
      'application/json',
      'application/json; charset=x',
      'text/html',
      'a/b',
      '',
    ),
    range: fc.constantFrom('bytes=0-', 'bytes=99999999999999-', 'bytes=-1', 'bytes=1-0', 'x'),
    'if-match': fc.constantFrom('*', '"x"', '"0-0"', ','),
    'upload-offset': fc.constantFrom('0', '-1', '1e9', 'x', '99999999999999999999'),
    'idempotency-key': fc.constantFrom('a', ' ', 'k'.repeat(300), 'k\u00e9'),
    'if-none-match': fc.constantFrom('*', '"x"', ','),
    'x-correlation-id': fc.stringMatching(/^[ -~]{0,80}$/),
    authorization: fc.constantFrom('Bearer ', 'Bearer x', `Bearer wan_aaaaaaaaaaaa_${'a'.repeat(43)}`, 'Basic eA=='),
  },
  { requiredKeys: [] },
);

const asked: fc.Arbitrary<Asked> = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'),
    prefix,
    route,
    x: pathPart,
    y: pathPart,
    query,
    headers,
    body,
  })
  .map(({ method, prefix: before, route: shape, x, y, query: after, headers: sent, body: given }) => ({
    method,
    path: `${before}${shape.replace('X', x).replace('Y', y)}${after}`.replace(/[^!-~]/g, ''),
    headers: sent,
    body: method === 'GET' || method === 'HEAD' ? undefined : given,
  }));

it('answers whatever is asked, and touches nothing outside of the root', async () => {
  const world = await modelFixture({ files: { 'model_index.json': '{}', 'vae/a.bin': 'bytes' }, keys: { variants: ['fp16', 'bf16'] } });
  const outside = join(world.directory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'passwd'), 'root');
  const service = await testService(world, { env: { WAN_API_ANONYMOUS: 'write', WAN_API_RATE_LIMIT: '1000000', WAN_GC_GRACE: '0' } });
  await service.orchestrator.ensure(MODEL);
  const beside = () => [...census(outside), ...census(world.folder())];
  const before = beside();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(asked, async (one) => {
      const { status, body: answered } = await send(service, one, agent);
      seen.add(status);
      expect(status === 501 || status < 500, `${JSON.stringify(one)} -> ${status} ${answered}`).toBe(true);
      expect(answered).not.toContain('root:');
    }),
    { numRuns: Number(process.env.WAN_FUZZ_RUNS ?? 1500) },
  );
  agent.destroy();
  expect([200, 400, 401, 404].filter((status) => !seen.has(status))).toEqual([]);
  expect(beside()).toEqual(before);
  expect((await service.ask('/health')).status).toBe(200);
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});
