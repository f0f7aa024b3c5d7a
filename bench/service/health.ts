/**
 * `/health/models` of a service in a process of its own: 3 models of 30 files at 200 requests a second, open loop (each is sent at its
 * moment, whatever came of those before it), then 1,000 models, one request after the other.
 *
 *     npm run build && node bench/service/health.ts [seconds]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { ModelEnsurer } from '../../src/index.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { type BenchPlace, benchPlace } from '../warm/bench-place.ts';

const WAN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
const PER_SECOND = 200;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const seconds = Number(process.argv[2] ?? 10);

await using(benchPlace(3, 30), async (url) => {
  await openLoop(url, 2);
  const times = await openLoop(url, seconds);
  console.log(`3 models, ${PER_SECOND} requests a second: ${spreadText(spreadOf(times), 'ms')}`);
  judge('p99 of /health/models, 3 models, open loop', quantile(times, 0.99), { atMost: 15, unit: 'ms' });
});

await using(benchPlace(1000, 3), async (url) => {
  const times: number[] = [];
  for (let round = 0; round < 21; round++) {
    times.push(await timeOf(url));
    // What was seen is told again for a quarter of a second: each round looks anew.
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  console.log(`1,000 models: ${spreadText(spreadOf(times.slice(1)), 'ms')}`);
  judge('/health/models, 1,000 models, median', spreadOf(times.slice(1)).median, { atMost: 150, unit: 'ms' });
});

async function using(place: BenchPlace, measure: (url: string) => Promise<void>): Promise<void> {
  let child: ChildProcess | undefined;
  try {
    const orchestrator = await ModelEnsurer.fromConfig({ env: place.env, cwd: place.directory });
    for (const model of place.models) await orchestrator.ensure(model);
    await orchestrator.close();
    child = spawn(process.execPath, [WAN, 'serve', '--port', '0'], {
      cwd: place.directory,
      env: { ...place.env, WAN_API_RATE_LIMIT: '100000' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await measure(`${await listening(child)}/health/models`);
  } finally {
    child?.kill('SIGKILL');
    place.remove();
  }
}

async function listening({ stderr }: ChildProcess): Promise<string> {
  let written = '';
  for await (const chunk of stderr ?? []) {
    written += chunk;
    const [, url] = /listening on (http:\/\/[\d.]+:\d+)/.exec(written) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`the service does not start: ${written}`);
}

async function openLoop(url: string, forSeconds: number): Promise<number[]> {
  const startedMs = performance.now();
  const asked: Promise<number>[] = [];
  for (let at = 0; at < forSeconds * PER_SECOND; at++) {
    const dueMs = startedMs + (at * 1000) / PER_SECOND;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    // From its moment on: a late start counts against the service, as it would for whoever waits.
    asked.push(timeOf(url, Math.min(dueMs, performance.now())));
  }
  return Promise.all(asked);
}

function timeOf(url: string, sinceMs = performance.now()): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.resume().once('end', () => resolve(performance.now() - sinceMs));
    }).once('error', reject);
  });
}

function quantile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(part * (times.length - 1))] ?? Number.NaN;
}
