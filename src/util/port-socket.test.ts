import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PortSocket } from './port-socket.ts';

function pair(): [PortSocket, PortSocket] {
  const { port1, port2 } = new MessageChannel();
  const sockets = [new PortSocket(port1), new PortSocket(port2, '192.0.2.7')] as [PortSocket, PortSocket];
  onTestFinished(() => void sockets.map((socket) => socket.destroy()));
  return sockets;
}

const all = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray());

describe('a connection between threads', () => {
  it('carries bytes both ways as they are, and their end', async () => {
    const [here, there] = pair();
    const bytes = randomBytes(1_000_000);
    const echo = pipeline(there, there);
    const written = pipeline(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), here);
    const echoed = await all(here);
    await Promise.all([echo, written]);
    expect(echoed.equals(bytes)).toBe(true);
  });

  it('tells what is said beside the bytes, before those that are written later, and hands over what goes with it', async () => {
    const [here, there] = pair();
    const handle = await open(import.meta.filename);
    const told = new Promise<{ handle: FileHandle }>((resolve) => there.once('told', resolve));
    const order: string[] = [];
    there.once('told', () => order.push('told'));
    there.once('data', () => order.push('bytes'));
    here.tell({ handle }, [handle]);
    here.write('x');
    await using theirs = (await told).handle;
    await vi.waitFor(() => expect(order).toEqual(['told', 'bytes']));
    expect((await theirs.read(Buffer.alloc(2), { position: 0 })).buffer.toString()).toBe('im');
    expect(handle.fd).toBe(-1);
  });

  it('makes who writes wait for who reads', async () => {
    const [here, there] = pair();
    const chunk = Buffer.alloc(16 * 1024);
    let written = 0;
    const writing = Readable.from(
      (function* () {
        for (; written < 10_000_000; written += chunk.length) yield chunk;
      })(),
    );
    void pipeline(writing, here).catch(() => undefined);
    await vi.waitFor(() => expect(there.readableLength).toBeGreaterThan(0));
    const waiting = written;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([written === waiting, written < 1_000_000]).toEqual([true, true]);
    expect((await all(there)).length).toBe(written);
  });

  it('is closed for both when one side closes it', async () => {
    const [here, there] = pair();
    const closed = new Promise((resolve) => there.once('close', resolve));
    here.destroy();
    await closed;
    expect(there.destroyed).toBe(true);
  });

  it('tells when nothing comes or goes, as a socket does', async () => {
    const [here] = pair();
    await new Promise<void>((resolve) => here.setTimeout(20, resolve));
  });

  it('is one that HTTP is spoken over, for whom it is made', async () => {
    const [here, there] = pair();
    const server = createServer((asked, answer) => asked.pipe(answer.writeHead(200, { from: asked.socket.remoteAddress ?? '' })));
    server.emit('connection', there);
    const body = randomBytes(300_000);
    const answered = new Promise<[string | undefined, Buffer]>((resolve, reject) => {
      const asking = request({ method: 'POST', path: '/', createConnection: () => here }, (answer) => {
        all(answer).then((bytes) => resolve([answer.headers.from as string, bytes]), reject);
      });
      asking.once('error', reject);
      asking.end(body);
    });
    const [from, bytes] = await answered;
    expect([from, bytes.equals(body)]).toEqual(['192.0.2.7', true]);
  });
});
