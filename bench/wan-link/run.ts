/**
 * One file over a long way: 100 ms there and back, 5 MB/s a connection, against aria2c with 16 connections and openssl.
 *
 *     npm run build && node bench/wan-link/run.ts         needs nginx aria2c openssl
 *     BENCH_ROUNDS=5 BENCH_MB=1024 node bench/wan-link/run.ts
 *
 * `aria2c -x16` alone splits a file in five; `-s16 -k1M` makes it use all sixteen, and is the one to be measured against.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNginx } from '../cold-ensure/nginx.ts';
import { makeRandomFile } from '../random-file.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { startFarProxy } from './far-proxy.ts';

const MB = 1024 ** 2;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SIZE = Number(process.env.BENCH_MB ?? 1024) * MB;
const CLI = join(import.meta.dirname, '../../bin/wan.js');
const RIVAL = 'aria2c -x16 -s16 -k1M + openssl + sync';
const scratch = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-far-'));

async function main(): Promise<void> {
  execFileSync('chmod', ['755', scratch]);
  const served = join(scratch, 'served');
  mkdirSync(served);
  const sha256 = makeRandomFile(join(served, 'f0'), SIZE);
  const nginx = await startNginx(join(scratch, 'nginx'), served);
  const far = await startFarProxy({ targetPort: Number(new URL(nginx.url).port), roundTripMs: 100, bytesPerSecond: 5e6 });
  try {
    await race(`http://127.0.0.1:${far.port}`, sha256);
  } finally {
    far.stop();
    await nginx.stop();
  }
}

async function race(url: string, sha256: string): Promise<void> {
  const contestants = { wan, [RIVAL]: aria('-x16 -s16 -k1M'), 'aria2c -x16 + openssl + sync': aria('-x16') };
  const seconds = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(contestants)) {
      const place = join(scratch, 'place');
      mkdirSync(place);
      seconds.set(name, [...(seconds.get(name) ?? []), await timed(name, command({ url, sha256, place }))]);
      rmSync(place, { recursive: true });
    }
  }
  const ours = seconds.get('wan') ?? [];
  for (const [name, list] of seconds) {
    console.log(`${name.padEnd(40)} ${spreadText(spreadOf(list), 's')}`);
    console.log(`${''.padEnd(40)} ${spreadText(spreadOf(list.map((value, round) => value / (ours[round] ?? Number.NaN))), 'x our time')}`);
  }
  for (const [name, list] of [...seconds].slice(1)) {
    const ratios = ours.map((value, round) => value / (list[round] ?? Number.NaN));
    judge(`wall of wan / ${name}`, spreadOf(ratios).median, { atMost: Number((1 / 0.95).toFixed(2)), unit: 'x' });
  }
}

interface Job {
  readonly url: string;
  readonly sha256: string;
  readonly place: string;
}

const aria =
  (options: string) =>
  ({ url, sha256, place }: Job): string =>
    `aria2c -q ${options} -d ${place} ${url}/f0; [ "$(openssl dgst -sha256 -r ${place}/f0 | cut -d' ' -f1)" = ${sha256} ]; sync ${place}/f0`;

function wan({ url, sha256, place }: Job): string {
  const manifest = join(place, 'models.toml');
  const file = `[[models."m@1.0.0".files]]\npath = "f0"\nsize = ${SIZE}\nsha256 = "${sha256}"\n`;
  const head = `schema_version = 1\n[models."m@1.0.0"]\nversion = "1.0.0"\n`;
  writeFileSync(manifest, `${head}${file}[models."m@1.0.0".sources]\npriority = ["${url}"]\n`);
  return `MODELS_ROOT=${place}/root WAN_MODELS_MANIFEST=${manifest} ${process.execPath} ${CLI} models ensure m@1.0.0 --json > /dev/null`;
}

async function timed(name: string, script: string): Promise<number> {
  const started = performance.now();
  const child = spawn('bash', ['-ec', script], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`${name} failed`);
  return (performance.now() - started) / 1000;
}

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
