/** Puts a Reply on the wire, ending it as its fault says. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply, SeenRequest } from './reply.ts';

const CHUNK_BYTES = 64 * 1024;
const TICK_MS = 10;

interface Exchange {
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly reply: Reply;
  readonly request: SeenRequest;
  /** Fires when the connection is gone. */
  readonly gone: AbortSignal;
}

export async function sendReply(exchange: Exchange): Promise<void> {
  const { reply, response, socket, request } = exchange;
  if (!(await pause(reply.delayMs, exchange.gone))) return;
  if (reply.raw !== undefined) return void socket.end(reply.raw);
  if (reply.ending === 'reset' && reply.stopAfter === 0) return void socket.resetAndDestroy();
  request.status = reply.status;
  response.writeHead(reply.status, reply.headers);
  response.flushHeaders();
  if (request.method !== 'HEAD') await sendBody(exchange);
  if (!exchange.gone.aborted) await finish(exchange);
}

async function sendBody(exchange: Exchange): Promise<void> {
  const { reply, response, request, gone } = exchange;
  const end = Math.min(reply.to, reply.from + reply.stopAfter);
  for (let offset = reply.from; offset < end && !gone.aborted; ) {
    const bytesPerSecond = reply.bytesPerSecond();
    const chunkBytes = Math.max(1, Math.min(CHUNK_BYTES, Math.floor((bytesPerSecond * TICK_MS) / 1000)));
    const chunk = reply.content.read(offset, Math.min(chunkBytes, end - offset));
    const flowing = response.write(chunk);
    offset += chunk.length;
    request.sentBytes += chunk.length;
    if (!flowing) await once(response, 'drain', { signal: gone }).catch(() => undefined);
    if (Number.isFinite(bytesPerSecond)) await pause((chunk.length * 1000) / bytesPerSecond, gone);
  }
}

async function finish({ reply, response, socket, gone }: Exchange): Promise<void> {
  switch (reply.ending) {
    case 'finish':
      return void response.end();
    case 'fin':
      return void socket.end();
    case 'reset':
      // What is still in the kernel's buffer would be lost with the reset.
      await pause(TICK_MS, gone);
      return void socket.resetAndDestroy();
    case 'stall':
      await pause(Number.POSITIVE_INFINITY, gone);
  }
}

/** False when the connection went away meanwhile. */
async function pause(ms: number, gone: AbortSignal): Promise<boolean> {
  if (ms === Number.POSITIVE_INFINITY && !gone.aborted) await once(gone, 'abort');
  else if (ms > 0) await sleep(ms, undefined, { signal: gone }).catch(() => undefined);
  return !gone.aborted;
}
