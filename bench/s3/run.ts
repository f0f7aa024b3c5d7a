/**
 * A model out of S3, against the tools that people use for it now: MinIO on loopback, everybody with the same keys.
 *
 *     npm run build && node bench/s3/run.ts                5 rounds, 8 files of 256 MiB; needs minio openssl, and the rivals s5cmd rclone aws
 *     BENCH_ROUNDS=3 BENCH_MIB=16 BENCH_DIR=/mnt/disk node bench/s3/run.ts
 *
 * A rival that is not installed is left out, and said to be. Each ends with its bytes on disk and their digests compared.
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMinio } from '../../test/servers/s3/minio.ts';
import type { S3Server } from '../../test/servers/s3/s3-server.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { rivals, type StoredFile } from './rivals.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const FILE_BYTES = Number(process.env.BENCH_MIB ?? 256) * 1024 ** 2;
const FILES = 8;
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

async function race(minio: S3Server): Promise<void> {
  const bucket = await minio.createBucket();
  const files = await fill(minio, bucket);
  const present = Object.entries(rivals).filter(([, { program }]) => spawnSync('which', [program]).status === 0);
  for (const name of Object.keys(rivals)) if (!present.some(([other]) => other === name)) console.log(`left out, not installed: ${name}`);
  const walls = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { command }] of present) {
      const place = join(scratch, 'place');
      mkdirSync(place);
      const seconds = timed(name, command({ files, bucket, endpoint: minio.endpoint, place }), minio);
      walls.set(name, [...(walls.get(name) ?? []), seconds]);
      rmSync(place, { recursive: true });
      spawnSync('sync');
    }
  }
  report(walls);
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

function timed(name: string, script: string, minio: S3Server): number {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    AWS_REGION: minio.region,
    AWS_DEFAULT_REGION: minio.region,
    AWS_ENDPOINT_URL: minio.endpoint,
  };
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('bash', ['-ec', script], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}${stdout}`);
  return (performance.now() - started) / 1000;
}

function report(walls: ReadonlyMap<string, readonly number[]>): void {
  const load = loadavg().map((one) => one.toFixed(1));
  console.log(
    `${FILES} files of ${FILE_BYTES / 1024 ** 2} MiB, ${availableParallelism()} cores, load ${load.join(' ')}, node ${process.versions.node}`,
  );
  const ours = walls.get('wan') ?? [];
  for (const [name, list] of walls) {
    console.log(`${name.padEnd(24)} ${spreadText(spreadOf(list), 's')}`);
    if (name === 'wan') continue;
    const share = spreadOf(ours.map((mine, round) => mine / (list[round] ?? Number.NaN)));
    judge(`wall of wan / ${name}`, share.median, { atMost: Number((1 / TARGET).toFixed(2)), unit: 'x' });
  }
}
