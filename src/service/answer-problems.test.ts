import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { testService } from '../../test/support/test-service.ts';
import { answerNoHttp } from './answer-problems.ts';

const WEIGHTS = seeded(20_000_000, 3);
const FILE = `/v1/models/${MODEL}/files/w.bin`;

async function served() {
  const service = await testService(await modelFixture({ files: { 'w.bin': WEIGHTS } }));
  await service.orchestrator.ensure(MODEL);
  return service;
}

/** All that comes until the other side closes. @param afterFirst is written once something has come */
async function exchange(port: number, first: string, afterFirst?: string): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  socket.write(first);
  if (afterFirst !== undefined) {
    await new Promise((resolve) => socket.once('readable', resolve));
    socket.write(afterFirst);
  }
  return everything(socket);
}

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const isOver = new Promise((resolve) => socket.once('close', resolve));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  await isOver;
  return Buffer.concat(chunks);
}

describe('what is no request that can be read', () => {
  it('is never answered in the middle of a file that is being sent', async () => {
    const { port } = await served();
    const got = await exchange(port, `GET ${FILE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, 'NONSENSE\r\n\r\n');
    const body = got.subarray(got.indexOf('\r\n\r\n') + 4);
    expect(body.length).toBeGreaterThan(0);
    expect(body.equals(textOf(WEIGHTS).subarray(0, body.length))).toBe(true);
  });

  it.each([
    ['HPE_INVALID_METHOD', 400, 'request_malformed'],
    ['HPE_HEADER_OVERFLOW', 431, 'headers_too_large'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408, 'request_timeout'],
  ])('is refused for what it is: %s', async (code, status, reason) => {
    const server = createServer((socket) => answerNoHttp(Object.assign(new Error('no'), { code }), socket)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const [head = '', body = ''] = (await exchange(port, 'x')).toString().split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const problem = JSON.parse(body) as { reason: string; correlation_id: string };
    expect(problem.reason).toBe(reason);
    expect(head).toContain(`X-Correlation-ID: ${problem.correlation_id}`);
  });

  it.each([
    ['/v1/models/%zz?token=hunter2', 400, 'request_malformed'],
    [`/v1/models/${'a'.repeat(1500)}?token=hunter2`, 414, 'url_too_long'],
  ])('is refused without a word of its query: %.20s', async (path, status, reason) => {
    const { ask } = await served();
    const answer = await ask(path, { headers: { 'x-correlation-id': 'mine-4' } });
    expect([answer.status, answer.json().reason, answer.headers.get('x-correlation-id')]).toEqual([status, reason, 'mine-4']);
    expect(answer.text).not.toContain('hunter2');
  });
});
