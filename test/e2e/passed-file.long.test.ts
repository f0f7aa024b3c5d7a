/** The bytes of files as `wan serve` sends them: from the main thread, by handles that the thread of the service opened. */
import { hash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, truncate } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { type RunningService, serving } from '../support/running-service.ts';
import { testService } from '../support/test-service.ts';

/** Far more than lies in buffers between a service and a client that does not read. */
const SIZE_BYTES = 48_000_000;
const content = seeded(SIZE_BYTES, 11);
const PATH = `/v1/models/${MODEL}/files/w.bin`;

async function served() {
  const files = { 'w.bin': content, empty: '' };
  const world = await modelFixture({ files, env: { WAN_LOG_FORMAT: 'json', WAN_LOG_LEVEL: 'debug' } });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  return { world, service: await serving(world) };
}

/** @returns the head; nothing of the body is read, but by whoever asks for it */
const begun = (service: RunningService, headers: Record<string, string> = {}, agent?: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(`${service.url}${PATH}`, { headers, ...(agent && { agent }) }, resolve).once('error', reject);
  });

/** How many descriptors of the file the process has. */
function openIn({ pid }: RunningService): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => linkOf(`${folder}/${name}`).includes('/w.bin')).length;
}

/** What is closed meanwhile links to nothing. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

const until = (hold: () => void | Promise<void>): Promise<void> => vi.waitFor(hold, { timeout: 30_000, interval: 20 });
const isClosed = (service: RunningService): Promise<void> => until(() => expect(openIn(service)).toBe(0));
const digestOf = async (answer: IncomingMessage): Promise<string> => hash('sha256', await buffer(answer));
const linesOf = ({ lines }: RunningService, path: string) =>
  lines().filter(({ event, message }) => event === 'http.answered' && String(message).includes(path));

describe.skipIf(process.platform !== 'linux')('a file of a model, from `wan serve`', () => {
  it('is the same for many at once, whole and in part, and is closed then', async () => {
    const { service } = await served();
    const parts = Array.from({ length: 12 }, (_, index) => ({
      start: index * 3_333_333,
      end: index * 3_333_333 + 1_000_003 * (index + 1) - 1,
    }));
    const answers = parts.map(async ({ start, end }) => {
      const last = Math.min(end, SIZE_BYTES - 1);
      const digest = await digestOf(await begun(service, { range: `bytes=${start}-${end}` }));
      expect([start, digest]).toEqual([start, hash('sha256', content.read(start, last + 1 - start))]);
    });
    const whole = Array.from({ length: 6 }, async () => expect(await digestOf(await begun(service))).toBe(sha256Hex(content)));
    await Promise.all([...answers, ...whole]);
    await isClosed(service);
  });

  it('has the head that it has without a front, and leaves the connection for what is asked next', async () => {
    const { world, service } = await served();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const direct = await testService(world);
    const [one, other] = [
      await begun(service, { range: 'bytes=5-9' }, agent),
      await fetch(`${direct.url}${PATH}`, { headers: { range: 'bytes=5-9' } }),
    ];
    const named = (headers: object) => Object.keys(headers).toSorted();
    expect(named(one.headers)).toEqual(named(Object.fromEntries(other.headers)));
    const same = ['content-range', 'content-length', 'etag', 'repr-digest', 'x-wan-proof', 'connection', 'content-disposition'];
    expect(same.map((name) => one.headers[name])).toEqual(same.map((name) => other.headers.get(name)));
    const { localPort } = one.socket;
    expect(await buffer(one)).toEqual(content.read(5, 5));
    for (const range of ['bytes=7-7', 'bytes=0-2999999']) {
      const next = await begun(service, { range }, agent);
      expect([next.statusCode, next.socket.localPort]).toEqual([206, localPort]);
      await buffer(next);
    }
    agent.destroy();
    const last = await begun(service, { connection: 'close' });
    expect([last.headers.connection, await digestOf(last)]).toEqual(['close', sha256Hex(content)]);
    expect(await (await fetch(`${service.url}/v1/models/${MODEL}/files/empty`)).text()).toBe('');
    await isClosed(service);
  });

  it('is answered when its client has it, and not before', async () => {
    const { service } = await served();
    const answer = await begun(service);
    await until(() => expect(openIn(service)).toBe(1));
    await fetch(`${service.url}/v1/models`);
    await until(() => expect(linesOf(service, '/v1/models 200')).toHaveLength(1));
    expect(linesOf(service, PATH)).toEqual([]);
    expect(await digestOf(answer)).toBe(sha256Hex(content));
    await until(() => expect(linesOf(service, PATH)).toMatchObject([{ status: 200, address: '127.0.0.1' }]));
  });

  it('is closed when its client goes, at whatever moment', async () => {
    const { service } = await served();
    const going = await begun(service);
    await until(() => expect(openIn(service)).toBe(1));
    going.destroy();
    await isClosed(service);
    const fleeting = Array.from({ length: 60 }, (_, index) =>
      fetch(`${service.url}${PATH}`, { signal: AbortSignal.timeout(1 + index * 3) })
        .then((answer) => answer.arrayBuffer())
        .catch(() => undefined),
    );
    await Promise.all(fleeting);
    await isClosed(service);
    expect(await digestOf(await begun(service))).toBe(sha256Hex(content));
    expect(service.lines().filter(({ level }) => level === 'ERROR')).toEqual([]);
    service.kill('SIGTERM');
    // What nobody closes Node closes some time, and says so.
    expect((await service.ended).stderr).not.toContain('garbage collection');
  });

  it('breaks the connection where it was cut off meanwhile', async () => {
    const { world, service } = await served();
    const answer = await begun(service);
    const file = `${world.modelDir()}/w.bin`;
    await chmod(file, 0o644);
    await truncate(file, SIZE_BYTES - 1);
    await expect(buffer(answer)).rejects.toThrow('aborted');
    await isClosed(service);
    await until(() => expect(linesOf(service, PATH)).toHaveLength(1));
    expect(linesOf(service, PATH)).toMatchObject([{ level: 'ERROR', status: 200, aborted: true, error_code: 'CONCURRENT_MODIFICATION' }]);
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
  });

  it('is sent to its end when the service stops, and cut off for who does not read', async () => {
    const { service } = await served();
    const [reading, waiting] = [await begun(service), await begun(service)];
    const cutOff = new Promise((resolve) => waiting.once('error', resolve));
    service.kill('SIGTERM');
    await until(() => expect(fetch(`${service.url}/health`)).rejects.toThrow());
    expect(await digestOf(reading)).toBe(sha256Hex(content));
    expect((await service.ended).code).toBe(0);
    waiting.resume();
    await cutOff;
  });
});
