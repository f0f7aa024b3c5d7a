/** What comes in at the main thread of `wan serve`, and is answered by the thread of the service: as if there were one of them. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { serving } from '../support/running-service.ts';

const content = seeded(6_000_000, 3);

async function served(env: Readonly<Record<string, string>> = {}, bytes = content) {
  const world = await modelFixture({ files: { 'a.bin': bytes }, env: { WAN_API_ANONYMOUS: 'write', WAN_LOG_FORMAT: 'json', ...env } });
  await (await world.orchestrator()).ensure(MODEL);
  return serving(world);
}

/** Sends just these bytes. @returns all that comes back until the other side closes */
const spoken = (url: string, bytes: string): Promise<string> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  return text(socket);
};

describe('a request to `wan serve`', () => {
  it('gets the bytes of a file whole, in parts, and their head alone', async () => {
    const { url } = await served();
    const file = `${url}/v1/models/${MODEL}/files/a.bin`;
    const whole = await fetch(file);
    expect(
      createHash('sha256')
        .update(Buffer.from(await whole.arrayBuffer()))
        .digest('hex'),
    ).toBe(sha256Hex(content));
    const part = await fetch(file, { headers: { range: 'bytes=1000000-1000009' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, Buffer.from(content.read(1_000_000, 10))]);
    const head = await fetch(file, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '6000000', '']);
    const known = await fetch(file, { headers: { 'if-none-match': whole.headers.get('etag') ?? '' } });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });

  it('ends with its client: what was read for it is not read to the end', async () => {
    const { url } = await served();
    const state = async () => ((await (await fetch(`${url}/models/${MODEL}/status`)).json()) as { state: string }).state;
    const gone = new AbortController();
    const asked = fetch(`${url}/models/${MODEL}/verify`, {
      ...{ method: 'POST', signal: gone.signal, headers: { 'content-type': 'application/json' } },
      // An hour and a half.
      body: '{"limit_rate_bytes_per_second":1000,"deep":true}',
    });
    await vi.waitFor(async () => expect(await state()).toBe('VERIFYING'), { timeout: 20_000 });
    gone.abort();
    await expect(asked).rejects.toThrow();
    await vi.waitFor(async () => expect(await state()).toBe('COMPLETE'), { timeout: 20_000 });
  });

  it('has a body where it says so, and none where it says nothing', async () => {
    const { url } = await served();
    const verify = `POST /v1/models/${MODEL}/verify HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: close\r\n`;
    const json = 'Content-Type: application/json\r\n';
    const answers = await Promise.all([
      spoken(url, `${verify}\r\n`),
      spoken(url, `${verify}${json}Content-Length: 2\r\n\r\n{}`),
      spoken(url, `${verify}${json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
    ]);
    expect(answers.map((answer) => answer.split('\r\n', 1)[0])).toEqual(Array(3).fill('HTTP/1.1 200 OK'));
  });

  it('is refused before its body is through, and the next one is answered', async () => {
    const { url } = await served();
    const body = 'x'.repeat(3_000_000);
    const refused = await fetch(`${url}/v1/jobs`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect([refused.status, ((await refused.json()) as { reason: string }).reason]).toEqual([413, 'body_too_large']);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('is told what is wrong with it where it is no HTTP, and keeps its connection where it is', async () => {
    const { url } = await served();
    expect(await spoken(url, 'NO HTTP AT ALL\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const host = new URL(url).host;
    const two = await spoken(
      url,
      `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\nGET /health/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(two.split('HTTP/1.1 200 OK'), two).toHaveLength(3);
    expect(two.match(/^Connection: \S+/gim)).toEqual(['Connection: keep-alive', 'Connection: close']);
    expect(await spoken(url, 'GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('is logged with the address of its client', async () => {
    const { url, lines } = await served({ WAN_LOG_LEVEL: 'debug' });
    await fetch(`${url}/health`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    await vi.waitFor(() => expect(lines().find(({ event }) => event === 'http.answered')).toMatchObject({ address: '127.0.0.1' }));
  });

  it('is logged where its client leaves in the middle of the answer, with the bytes that went out', async () => {
    const file = seeded(48_000_000, 4);
    const service = await served({ WAN_LOG_LEVEL: 'debug' }, file);
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /v1/models/${MODEL}/files/a.bin HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    let readBytes = 0;
    // It is destroyed where the loop is left.
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      readBytes += chunk.length;
      if (readBytes > 1_000_000) break;
    }
    const cutOff = () => service.lines().filter(({ event, aborted }) => event === 'http.answered' && aborted === true);
    const [line] = await vi.waitFor(() => {
      expect(cutOff()).toHaveLength(1);
      return cutOff();
    });
    expect(line).toMatchObject({ level: 'DEBUG', status: 200, model_id: MODEL, duration_seconds: expect.any(Number) });
    // Only the main thread knows: what the thread of the service wrote is a head alone.
    expect(line?.bytes_sent).toBeGreaterThan(1_000_000);
    expect(line?.bytes_sent).toBeLessThan(file.sizeBytes);
  });
});
