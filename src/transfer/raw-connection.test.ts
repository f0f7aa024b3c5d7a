import { createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionLost, RawConnection, type RawRequest } from './raw-connection.ts';
import { UnusualResponse } from './response-head.ts';

/** A TCP server that gives each connection to `talk`. */
async function listen(talk: (socket: Socket) => void): Promise<URL> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/a?b`);
}

interface Heard {
  readonly status?: number;
  readonly body: Buffer;
  readonly error?: Error;
}

interface Asking {
  readonly request?: Partial<RawRequest>;
  /** Pause after each piece of the body. */
  readonly pausing?: boolean;
}

function ask(connection: RawConnection, url: URL, { request, pausing = false }: Asking = {}): Promise<Heard> {
  const parts: Buffer[] = [];
  let status: number | undefined;
  return new Promise((resolve) => {
    const done = (error?: Error) =>
      resolve({ ...(status !== undefined && { status }), body: Buffer.concat(parts), ...(error && { error }) });
    connection.request(
      { url, headers: { 'x-key': 'v' }, first: 0, last: 9, sampleBytes: 0, ...request },
      {
        onHead: (head) => {
          status = head.status;
          connection.resume();
        },
        onData: (bytes) => {
          parts.push(Buffer.from(bytes));
          if (pausing) connection.resume();
          return !pausing;
        },
        onEnd: () => done(),
        onError: done,
      },
    );
  });
}

const open = (url: URL): RawConnection => {
  const connection = new RawConnection({ url }, { buffer: Buffer.alloc(4096), usableBytes: () => 4096 }, () => undefined);
  onTestFinished(() => connection.destroy());
  return connection;
};

async function sendInPieces(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  socket.setNoDelay(true);
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    if (cut <= from || cut >= bytes.length) continue;
    socket.write(bytes.subarray(from, cut));
    from = cut;
    await turn();
  }
  socket.write(bytes.subarray(from));
}

describe('a raw connection', () => {
  it('asks for exactly one range, and is used again', async () => {
    const seen: string[] = [];
    const url = await listen((socket) =>
      socket.on('data', (data) => {
        seen.push(data.toString());
        socket.write('HTTP/1.1 206 P\r\ncontent-range: bytes 0-9/99\r\ncontent-length: 10\r\n\r\n0123456789');
      }),
    );
    const connection = open(url);
    expect((await ask(connection, url)).body.toString()).toBe('0123456789');
    expect(connection.isIdle).toBe(true);
    expect((await ask(connection, url)).body.toString()).toBe('0123456789');
    expect(seen[0]).toBe(
      `GET /a?b HTTP/1.1\r\nHost: ${url.host}\r\nRange: bytes=0-9\r\nAccept-Encoding: identity\r\nConnection: keep-alive\r\nx-key: v\r\n\r\n`,
    );
  });

  it('gives the same bytes however the answer is cut into packets, with and without pauses', async () => {
    const body = Buffer.from(Array.from({ length: 20_000 }, (_, at) => at % 251));
    const answer = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\netag: "x"\r\n\r\n`), body]);
    let cuts: readonly number[] = [];
    const url = await listen((socket) => socket.on('data', () => void sendInPieces(socket, answer, cuts)));
    const anyCut = fc.oneof(fc.nat(80), fc.nat(answer.length));
    await fc.assert(
      fc.asyncProperty(fc.array(anyCut, { maxLength: 12 }), fc.boolean(), fc.constantFrom(0, 512), async (some, pausing, sampleBytes) => {
        cuts = some;
        const connection = open(url);
        const heard = await ask(connection, url, { pausing, request: { sampleBytes } });
        expect(heard.error).toBeUndefined();
        expect(heard.body.equals(body)).toBe(true);
        connection.destroy();
      }),
      { numRuns: 60 },
    );
  });

  it('ends with an error, never hangs and never throws, on any garbage', async () => {
    let garbage = Buffer.alloc(0);
    const url = await listen((socket) => socket.on('data', () => socket.end(garbage)));
    const line = fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.1 206 x',
      'content-length: 20',
      'content-length: x',
      'transfer-encoding: chunked',
      '',
      'a',
      '\0',
    );
    const soup = fc.array(line, { maxLength: 8 }).map((lines) => Buffer.from(lines.join('\r\n')));
    await fc.assert(
      fc.asyncProperty(fc.oneof(soup, fc.uint8Array({ maxLength: 300 }).map(Buffer.from)), async (bytes) => {
        garbage = bytes as Buffer<ArrayBuffer>;
        const heard = await ask(open(url), url);
        if (heard.error === undefined) expect(heard.body).toHaveLength(20);
        else expect(heard.error instanceof UnusualResponse || heard.error instanceof ConnectionLost).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('takes no more than was promised, and is not used again after that', async () => {
    const url = await listen((socket) => socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdefg')));
    const connection = open(url);
    const heard = await ask(connection, url);
    expect([heard.body.toString(), heard.error]).toEqual(['abc', undefined]);
    expect(connection.isIdle).toBe(false);
  });

  it('sends no header that could be two', async () => {
    const url = await listen(() => undefined);
    await expect(ask(open(url), url, { request: { headers: { x: 'a\r\nhost: evil' } } })).rejects.toThrow(UnusualResponse);
  });

  it('tells a connection that is refused', async () => {
    const heard = await ask(open(new URL('http://127.0.0.1:1/')), new URL('http://127.0.0.1:1/'));
    expect(heard.error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
