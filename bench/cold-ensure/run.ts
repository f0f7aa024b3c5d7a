/**
 * The race of the README: cold ensure over loopback HTTP against what people use now, with and without the CPU's SHA instructions.
 *
 *     npm run build && node bench/cold-ensure/run.ts            7 rounds of all contestants, interleaved; needs nginx aria2c openssl curl
 *     BENCH_ROUNDS=3 BENCH_DIR=/mnt/disk BENCH_MODE=plain|off|both BENCH_WHO=all|judged node bench/cold-ensure/run.ts
 *
 * Every contestant ends with its bytes on disk (sync) and its digests compared. The limit is `openssl dgst` alone over the files, as
 * many at once as there are cores: server, sockets and writes share those cores, so nobody reaches it. `off` masks the
 * CPU's extensions from OpenSSL, node's own copy included (OPENSSL_ia32cap): its plain code hashes some 370 MB/s a core, as the
 * machine did that the figures were set for. coreutils' sha256sum has code of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRandomFile } from '../random-file.ts';
import { judge } from '../spread.ts';
import { contestants, type Job, type ServedFile } from './contestants.ts';
import { startNginx } from './nginx.ts';

const MB = 1024 ** 2;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const MODE = process.env.BENCH_MODE ?? 'both';
/** `judged`: of the others only those that a target of the race names. */
const WHO = process.env.BENCH_WHO ?? 'all';
const scratch = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-race-'));

/** How often the contestant's wall time must go into ours, at least; for the limit, what share of its speed is ours. */
type Targets = Readonly<Record<string, number>>;
const RIVAL = 'aria2c+openssl+sync';
const LIMIT = 'openssl alone (limit)';
/** Where only OpenSSL is slowed down, sha256sum says nothing; where hashing is cheap, it is no limit. */
const TARGETS: Readonly<Record<string, Targets>> = {
  'many plain': { [RIVAL]: 1.5, 'aria2c+sha256sum -c+sync': 3, 'curl|tee|sha256sum+sync': 3 },
  'many off': { [RIVAL]: 1.5, [LIMIT]: 0.7 },
  'one plain': { [RIVAL]: 1.5 },
  'one off': { [RIVAL]: 1.5, [LIMIT]: 0.85 },
};

interface Run {
  readonly wallS: number;
  readonly cpuS: number;
}

/** They run first in a round, in this order. */
const FIRST = ['wan', LIMIT];
const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
const between = (one: Run, other: Run): Run => ({ wallS: (one.wallS + other.wallS) / 2, cpuS: (one.cpuS + other.cpuS) / 2 });
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const ratios = (runs: ReadonlyMap<string, readonly Run[]>, name: string): number[] =>
  (runs.get(name) ?? []).map((run, round) => run.wallS / (runs.get('wan')?.[round]?.wallS ?? Number.NaN));
const spread = (values: readonly number[]): string =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)})`;

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main(): Promise<void> {
  execFileSync('chmod', ['755', scratch]);
  const served = join(scratch, 'served');
  mkdirSync(served);
  console.log(`cpu ${cpuModel()}, ${availableParallelism()} cores, ${ROUNDS} rounds, node ${process.versions.node}`);
  const nginx = await startNginx(join(scratch, 'nginx'), served);
  try {
    for (const [name, count, sizeBytes] of [
      ['8 files of 256 MiB', 8, 256 * MB],
      ['one file of 2 GiB', 1, 2048 * MB],
    ] as const) {
      const files = makeFiles(served, count, sizeBytes);
      for (const isOff of MODE === 'both' ? [false, true] : [MODE === 'off'])
        race(`${name}, ${isOff ? 'plain x86-64 code for sha256' : 'the CPU as it is'}`, { files, url: nginx.url, isOff });
      for (const { name: file } of files) rmSync(join(served, file));
    }
  } finally {
    await nginx.stop();
  }
}

interface Setting {
  readonly files: readonly ServedFile[];
  readonly url: string;
  readonly isOff: boolean;
}

function race(title: string, setting: Setting): void {
  const targets = TARGETS[`${setting.files.length > 1 ? 'many' : 'one'} ${setting.isOff ? 'off' : 'plain'}`] ?? {};
  const entered = Object.entries(contestants)
    .filter(([name]) => WHO === 'all' || name === 'wan' || name in targets)
    .sort(([a], [b]) => rank(a) - rank(b));
  const runs = new Map<string, Run[]>();
  for (let round = 0; round < ROUNDS; round++) {
    // A machine that others use drifts by a fifth within a round: the limit is what it was just before ours and just after.
    const before = LIMIT in targets ? runOnce(LIMIT, setting) : undefined;
    for (const [name] of entered) {
      const run = runOnce(name, setting);
      runs.set(name, [...(runs.get(name) ?? []), name === LIMIT && before ? between(before, run) : run]);
    }
  }
  print(title, runs);
  for (const [name, target] of Object.entries(targets))
    judge(`wall of wan / ${name}`, 1 / median(ratios(runs, name)), { atMost: Number((1 / target).toFixed(2)), unit: 'x' });
}

function runOnce(name: string, { files, url, isOff }: Setting): Run {
  const place = join(scratch, 'place');
  mkdirSync(place);
  const job = { files, url, served: join(scratch, 'served'), place } satisfies Job;
  const run = timed(name, contestants[name]?.(job) ?? '', isOff);
  rmSync(place, { recursive: true });
  spawnSync('sync');
  return run;
}

function timed(name: string, script: string, isOff: boolean): Run {
  const env = { ...process.env, ...(isOff && { OPENSSL_ia32cap: '0' }) };
  const started = performance.now();
  // bash's own `times`: user and system time of everything that it waited for.
  const { status, stdout, stderr } = spawnSync('bash', ['-ec', `${script}\ntimes`], { env, encoding: 'utf8' });
  const wallS = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} failed: ${stderr}${stdout}`);
  return { wallS, cpuS: cpuSeconds(stdout) };
}

function cpuSeconds(stdout: string): number {
  const times = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].slice(-4);
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

function print(title: string, runs: ReadonlyMap<string, readonly Run[]>): void {
  console.log(
    `\n${title} (load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')})`,
  );
  console.log('                         wall s: median (min-max)   cpu s   wall / ours in the same round: median (min-max)');
  for (const [name, list] of runs) {
    const wall = list.map((run) => run.wallS);
    console.log(
      `${name.padEnd(25)}${spread(wall).padEnd(27)}${median(list.map((run) => run.cpuS))
        .toFixed(1)
        .padEnd(8)}${spread(ratios(runs, name))}`,
    );
  }
}

function makeFiles(folder: string, count: number, sizeBytes: number): ServedFile[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `f${index}`;
    return { name, sizeBytes, sha256: makeRandomFile(join(folder, name), sizeBytes) };
  });
}

function cpuModel(): string {
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  return `${/model name\s*:\s*(.*)/.exec(info)?.[1]}${/\bsha_ni\b/.test(info) ? ' with' : ' without'} SHA instructions`;
}
