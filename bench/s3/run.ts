/**
 * A model out of S3, against the tools that people use for it now: MinIO on loopback, everybody with the same keys.
 *
 *     npm run build && npx node bench/s3/run.ts            7 rounds, 8 files of 256 MiB; needs minio openssl, and the rivals s5cmd rclone aws
 *     BENCH_ROUNDS=3 BENCH_MIB=16 BENCH_DIR=/mnt/disk BENCH_MODE=plain|off BENCH_WHO=s5cmd,rclone npx node bench/s3/run.ts
 *
 * A rival that is not installed is left out, and said to be. Each ends with its bytes on disk (sync) and their digests compared. MinIO has
 * the same cores as its readers. Every round begins with another contestant, and each finds as much free memory as it will fill: a virtual
 * machine gives freed memory back to its host, and whoever is the next to touch it pays. `off` masks the CPU's extensions from OpenSSL, node's own copy included, but not from MinIO: see
 * bench/cold-ensure/run.ts.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMinio } from '../../test/servers/s3/minio.ts';
import type { S3Server } from '../../test/servers/s3/s3-server.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { rivals, type StoredFile } from './rivals.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const FILE_BYTES = Number(process.env.BENCH_MIB ?? 256) * 1024 ** 2;
const FILES = 8;
/** The rivals that take part, by their programs. */
const WHO = process.env.BENCH_WHO?.split(',');
const IS_OFF = process.env.BENCH_MODE === 'off';
/** How often our wall time must go into that of each rival. */
const TARGET = 1.3;

const scratch = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-s3-race-'));
const server = await startMinio();
try {
  await race(server);
} finally {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}

interface Run {
  readonly wallS: number;
  /** Of the rival, its openssl included; not of MinIO. */
  readonly userS: number;
  readonly systemS: number;
}

async function race(minio: S3Server): Promise<void> {
  const bucket = await minio.createBucket();
  const files = await fill(minio, bucket);
  const present = Object.entries(rivals).filter(([name, { program }]) => takesPart(name, program));
  const runs = new Map<string, Run[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { command }] of rotated(present, round)) {
      touchMemory();
      const place = join(scratch, 'place');
      mkdirSync(place);
      const run = timed(name, command({ files, bucket, endpoint: minio.endpoint, region: minio.region, place }), minio);
      runs.set(name, [...(runs.get(name) ?? []), run]);
      rmSync(place, { recursive: true });
      spawnSync('sync');
    }
    console.log(`round ${round + 1}: ${[...runs].map(([name, list]) => `${name} ${list.at(-1)?.wallS.toFixed(2)} s`).join(', ')}`);
  }
  report(runs);
}

function takesPart(name: string, program: string): boolean {
  if (name !== 'wan' && WHO?.includes(program) === false) return false;
  if (spawnSync('which', [program]).status === 0) return true;
  console.log(`left out, not installed: ${name}`);
  return false;
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  return items.map((_, at) => items[(at + by) % items.length] as Item);
}

/** Three times what a contestant will write, written and removed: the kernel does not take the very pages that were given back last. */
function touchMemory(): void {
  const file = join(scratch, 'touched');
  execFileSync('bash', ['-c', `head -c ${3 * FILES * FILE_BYTES} /dev/zero > ${file}`]);
  rmSync(file);
}

async function fill(minio: S3Server, bucket: string): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (let at = 0; at < FILES; at++) {
    const bytes = randomBytes(FILE_BYTES);
    const name = `f${at}`;
    await minio.put(bucket, `m/${name}`, bytes);
    files.push({ name, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return files;
}

function timed(name: string, script: string, minio: S3Server): Run {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    AWS_REGION: minio.region,
    AWS_DEFAULT_REGION: minio.region,
    AWS_ENDPOINT_URL: minio.endpoint,
    // Plain http needs none, and rclone refuses to start with one.
    AWS_CA_BUNDLE: undefined,
    ...(IS_OFF && { OPENSSL_ia32cap: '0' }),
  };
  const started = performance.now();
  // bash's own `times`: its second line is that of everything it waited for.
  const { status, stdout, stderr } = spawnSync('bash', ['-ec', `${script}\ntimes`], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}${stdout}`);
  const wallS = (performance.now() - started) / 1000;
  const [, , userS = Number.NaN, systemS = Number.NaN] = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)]
    .slice(-4)
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return { wallS, userS, systemS };
}

function report(runs: ReadonlyMap<string, readonly Run[]>): void {
  const load = loadavg().map((one) => one.toFixed(1));
  const mode = IS_OFF ? 'plain x86-64 code for sha256' : 'the CPU as it is';
  console.log(
    `${FILES} files of ${FILE_BYTES / 1024 ** 2} MiB, ${mode}, ${availableParallelism()} cores, load ${load.join(' ')}, node ${process.versions.node}`,
  );
  const of = (name: string, value: (run: Run) => number) => spreadOf((runs.get(name) ?? []).map(value));
  for (const name of runs.keys()) {
    const cpu = `cpu ${of(name, ({ userS }) => userS).median.toFixed(2)} user + ${of(name, ({ systemS }) => systemS).median.toFixed(2)} system`;
    console.log(
      `${name.padEnd(24)} ${spreadText(
        of(name, ({ wallS }) => wallS),
        's',
      )}   ${cpu}`,
    );
  }
  const ours = runs.get('wan') ?? [];
  for (const [name, list] of runs) {
    if (name === 'wan') continue;
    const times = spreadOf(ours.map(({ wallS }, round) => (list[round]?.wallS ?? Number.NaN) / wallS));
    console.log(`${name.padEnd(24)} takes ${spreadText(times, 'x')} as long as wan, in the same round`);
    judge(`wall of wan / ${name}`, 1 / times.median, { atMost: Number((1 / TARGET).toFixed(2)), unit: 'x' });
  }
}
