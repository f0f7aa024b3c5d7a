/** Any mixture of faults at two of three sources, from a seed: the file must be right in the end. */
import { expect } from 'vitest';
import { PieceMap } from '../../src/store/piece-map.ts';
import {
  chunked,
  cutAt,
  delayHeaders,
  type Fault,
  garbage,
  ignoreRange,
  longerBy,
  rateLimited,
  resetAt,
  seeded,
  sha256Hex,
  shiftedRange,
  shorterBy,
  stallAt,
  status,
  wrongBytesAt,
  wrongTotal,
} from '../servers/http/fault-server.ts';
import { serve, TransferBench } from './transfer-bench.ts';

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const faultsAt = (bytes: number): readonly Fault[] => [
  cutAt(bytes),
  resetAt(bytes),
  shorterBy(bytes % 1000),
  stallAt(bytes),
  status(503),
  status(500),
  status(403),
  rateLimited(0),
  garbage(),
  ignoreRange(),
  longerBy(10),
  chunked(),
  delayHeaders(30),
  wrongBytesAt(bytes),
  wrongTotal('*'),
  shiftedRange(4096),
];

const none: Fault = () => undefined;

export interface Weather {
  readonly sizeBytes: number;
  readonly lanes: 'inline' | 'auto';
  /** All sources are far and slow, so that they work at once. */
  readonly isFar?: boolean;
}

export async function weather(seed: number, options: Weather): Promise<void> {
  const random = randomOf(seed);
  const content = seeded(options.sizeBytes + seed, seed);
  const sha256 = sha256Hex(content);
  const distance = options.isFar ? { latencyMs: 40, bytesPerSecond: 8 * 1024 * 1024 } : {};
  const start = () => serve({ files: { a: content }, ...distance });
  const servers = [await start(), await start(), await start()];
  for (const server of servers.slice(0, 2)) {
    for (let count = 0; count < 12; count++) {
      const faults = faultsAt(Math.floor(random() * content.sizeBytes));
      const fault = random() < 0.6 ? (faults[Math.floor(random() * faults.length)] ?? none) : none;
      server.fault('a', fault, { times: 1 });
    }
  }
  const bench = await TransferBench.create({ lanes: options.lanes, workers: 2, stallTimeoutMs: 500 });
  const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: servers.map((server) => bench.source(server.url, 'a')) });
  const outcome = await bench.engine.fetch(file);
  expect(outcome.sha256).toBe(sha256);
  expect(file.onDisk()).toBe(sha256);
  expect(file.held()).toBe(content.sizeBytes);
  expect(new PieceMap(file.partial.pieces).heldBytes()).toBe(content.sizeBytes);
  expect(outcome.liars).not.toContain(servers[2]?.url);
  const sentBytes = servers.reduce((sum, server) => sum + server.sentBytes('a'), 0);
  expect(sentBytes).toBeLessThan(8 * content.sizeBytes);
  await file.partial.close();
}
