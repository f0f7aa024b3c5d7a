/** `wan serve` over a bench's place, in a process of its own; and what asks it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import type { BenchPlace } from '../warm/bench-place.ts';

export const WAN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export type Where = Pick<BenchPlace, 'directory' | 'env'>;

export async function serveAt({ directory, env }: Where): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [WAN, 'serve', '--port', '0'], {
    cwd: directory,
    env: { ...env, WAN_API_RATE_LIMIT: '100000', WAN_API_ANONYMOUS: 'write' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { url: await firstUrl(child), child };
}

/** The first address that a child says it has, on standard error. */
export async function firstUrl({ stderr }: ChildProcess): Promise<string> {
  let written = '';
  return new Promise((resolve, reject) => {
    // Read on: a pipe that is full stops who writes to it.
    stderr?.on('data', (chunk: Buffer) => {
      written = (written + chunk.toString()).slice(-10_000);
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(written) ?? [];
      if (url !== undefined) resolve(url);
    });
    stderr?.once('close', () => reject(new Error(`it ended: ${written}`)));
  });
}

/** Milliseconds of each request. */
export async function openLoop(url: string, forSeconds: number, perSecond: number): Promise<number[]> {
  const startedMs = performance.now();
  const asked: Promise<number>[] = [];
  for (let at = 0; at < forSeconds * perSecond; at++) {
    const dueMs = startedMs + (at * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    // From its moment on: a late start counts against the service, as it would for whoever waits.
    asked.push(timeOf(url, Math.min(dueMs, performance.now())));
  }
  return Promise.all(asked);
}

export function timeOf(url: string, sinceMs = performance.now()): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.resume().once('end', () => resolve(performance.now() - sinceMs));
    }).once('error', reject);
  });
}

export function quantile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(part * (times.length - 1))] ?? Number.NaN;
}
