import { once } from 'node:events';
import { chmod, truncate } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it, vi } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { testService } from '../../test/support/test-service.ts';
import type { Answer } from './answer.ts';
import { answerRecord } from './answer-record.ts';
import { endOfRequest } from './request-span.ts';

/** Far more than lies in buffers between a service and a client that does not read. */
const SIZE_BYTES = 48_000_000;

async function served(sizeBytes = 5) {
  const world = await modelFixture({ files: { 'w.bin': seeded(sizeBytes, 5) } });
  const service = await testService(world, { env: { WAN_API_ANONYMOUS: 'write' } });
  await service.orchestrator.ensure(MODEL);
  return service;
}

const begun = (url: string): Promise<IncomingMessage> => new Promise((resolve, reject) => get(url, resolve).once('error', reject));

/** Waits for it; there is no second one. */
async function toldOnce({ answers, ask }: Awaited<ReturnType<typeof served>>, path: string): Promise<Answer> {
  const of = (): Answer[] => answers.filter((answer) => answer.path === path);
  await vi.waitFor(() => expect(of()).toHaveLength(1));
  await ask('/v1/whoami');
  await vi.waitFor(() => expect(answers.some((answer) => answer.path === '/v1/whoami')).toBe(true));
  expect(of()).toHaveLength(1);
  return of()[0] as Answer;
}

it('an answer that is whole is told once, and is not cut off', async () => {
  const service = await served();
  expect((await service.ask(`/v1/models/${MODEL}/files/w.bin`)).status).toBe(200);
  const answer = await toldOnce(service, `/v1/models/${MODEL}/files/w.bin`);
  expect([answer.status, answer.cutAfterBytes, 'aborted' in answerRecord(answer)]).toEqual([200, undefined, false]);
});

it('a file whose client leaves in the middle is told with the bytes that went out', async () => {
  const service = await served(SIZE_BYTES);
  const path = `/v1/models/${MODEL}/files/w.bin`;
  const answer = await begun(`${service.url}${path}`);
  await once(answer, 'readable');
  answer.destroy();
  const line = answerRecord(await toldOnce(service, path));
  expect(line).toMatchObject({ level: 'DEBUG', status: 200, aborted: true, route: '/v1/models/:id/files/*', model_id: MODEL });
  expect(line.bytes_sent).toBeGreaterThan(0);
  expect(line.bytes_sent).toBeLessThan(SIZE_BYTES);
  expect(line.message).toMatch(/ 200, cut off after [\d.]+ [KM]iB$/);
});

it('a file that cannot be read to its end is told as what is ours to mend', async () => {
  const [service, path] = [await served(SIZE_BYTES), `/v1/models/${MODEL}/files/w.bin`];
  const answer = await begun(`${service.url}${path}`);
  const folder = await service.orchestrator.ensure(MODEL);
  await chmod(join(folder, 'w.bin'), 0o644);
  await truncate(join(folder, 'w.bin'), SIZE_BYTES - 1);
  await expect(buffer(answer)).rejects.toThrow('aborted');
  const told = await toldOnce(service, path);
  expect(answerRecord(told)).toMatchObject({ level: 'ERROR', status: 200, aborted: true, error_code: 'CONCURRENT_MODIFICATION' });
  expect(endOfRequest(told)).toMatchObject({ error: { code: 'CONCURRENT_MODIFICATION' }, attributes: { 'wan.aborted': true } });
});

it('a stream ends with its client, and is told then', async () => {
  const service = await served();
  const answer = await begun(`${service.url}/v1/events`);
  await once(answer, 'data');
  expect(service.answers.map(({ path }) => path)).not.toContain('/v1/events');
  answer.destroy();
  expect(await toldOnce(service, '/v1/events')).toMatchObject({ status: 200, cutAfterBytes: expect.any(Number) });
});

it('a request that never came whole is told, without an answer', async () => {
  const service = await served();
  const socket = connect(service.port, '127.0.0.1');
  const came = once(service.service.app.server, 'request');
  socket.write(`POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"kind"`);
  await came;
  socket.destroy();
  const answer = await toldOnce(service, '/v1/jobs');
  expect(answer).toMatchObject({ method: 'POST', status: 499, cutAfterBytes: 0, route: '/v1/jobs' });
  expect(answerRecord(answer)).toMatchObject({ level: 'INFO', aborted: true, bytes_sent: 0 });
});
