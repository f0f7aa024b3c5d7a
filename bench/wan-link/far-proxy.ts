/** A long way to a server, on loopback: every byte is late by half a round trip, and each connection has a rate of its own, or all have one together. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FarProxyOptions {
  readonly targetPort: number;
  readonly roundTripMs: number;
  /** From the server, each connection. */
  readonly bytesPerSecond: number;
  /** They share one line of that rate. */
  readonly isShared?: boolean;
}

export interface FarProxy {
  readonly port: number;
  stop(): void;
}

/** On the way at most, besides what the delay itself holds. */
const QUEUE_BYTES = 256 * 1024;

export async function startFarProxy({ targetPort, roundTripMs, bytesPerSecond, isShared = false }: FarProxyOptions): Promise<FarProxy> {
  const sockets = new Set<Socket>();
  const line: Line = { freeMs: 0 };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    }
    // The kernel has made the connection at once: the round trip that this takes is added to the first request.
    carry(client, upstream, { delayMs: roundTripMs / 2, line: { freeMs: performance.now() + roundTripMs }, bytesPerSecond: 1e9 });
    carry(upstream, client, { delayMs: roundTripMs / 2, line: isShared ? line : { freeMs: 0 }, bytesPerSecond });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** When the last byte that was given to it has left it. */
interface Line {
  freeMs: number;
}

interface Way {
  readonly delayMs: number;
  readonly line: Line;
  readonly bytesPerSecond: number;
}

function carry(from: Socket, to: Socket, { delayMs, line, bytesPerSecond }: Way): void {
  const most = QUEUE_BYTES + (bytesPerSecond * delayMs) / 1000;
  const way = inOrder();
  let leftMs = line.freeMs;
  let queuedBytes = 0;
  from.on('data', (bytes) => {
    leftMs = Math.max(line.freeMs, performance.now()) + (bytes.length * 1000) / bytesPerSecond;
    line.freeMs = leftMs;
    queuedBytes += bytes.length;
    if (queuedBytes > most) from.pause();
    way(leftMs + delayMs, () => {
      queuedBytes -= bytes.length;
      if (queuedBytes <= most) from.resume();
      if (!to.destroyed) to.write(bytes);
    });
  });
  from.on('end', () => way(leftMs + delayMs, () => to.end()));
  from.on('close', () => way(leftMs + delayMs + 10, () => to.destroy()));
}

/** Timers of their own for each chunk would overtake each other. */
function inOrder(): (dueMs: number, act: () => void) => void {
  const queue: { readonly dueMs: number; readonly act: () => void }[] = [];
  const run = (): void => {
    while (queue[0] !== undefined && queue[0].dueMs <= performance.now()) queue.shift()?.act();
    if (queue[0] !== undefined) setTimeout(run, Math.max(1, queue[0].dueMs - performance.now()));
  };
  return (dueMs, act) => {
    queue.push({ dueMs, act });
    if (queue.length === 1) setTimeout(run, Math.max(0, dueMs - performance.now()));
  };
}
