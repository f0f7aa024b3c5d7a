/**
 * Deriving a bf16 variant from F32 shards that are here already, against `cp --reflink=never` of the input and `openssl dgst -sha256` of the output
 * on all cores, in the same run, in interleaved rounds; and its peak memory. `+sync` ends with the copy on disk, as ours does; the aim is set
 * against the one without. Linux, and needs openssl.
 *
 *     npm run build && node bench/derive/run.ts            8 shards of 256 MiB, 5 rounds; 6 GB of disk
 *     BENCH_ROUNDS=3 BENCH_SHARDS=12 BENCH_MIB=512 BENCH_DTYPE=fp16 BENCH_DIR=/mnt/disk node bench/derive/run.ts
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { safetensorsHeader, type TensorPlan } from '../../src/formats/safetensors-writer.ts';
import { peakOf } from '../high-water.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';

const MIB = 1024 ** 2;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SHARDS = Number(process.env.BENCH_SHARDS ?? 8);
const SHARD_MIB = Number(process.env.BENCH_MIB ?? 256);
const DTYPE = process.env.BENCH_DTYPE ?? 'bf16';
const LIMIT_RATIO = 1.5;
const LIMIT_MB = 200;
const WAN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
const TENSORS = 16;

const scratch = realpathSync(mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-bench-derive-')));
const env = {
  PATH: process.env.PATH,
  HOME: scratch,
  MODELS_ROOT: join(scratch, 'models'),
  WAN_MODELS_MANIFEST: join(scratch, 'models.toml'),
};
const input = join(scratch, 'models', 'wan22', 'big@1.0.0');
const output = `${input}@${DTYPE}`;

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main(): Promise<void> {
  console.log(
    `${availableParallelism()} cores, ${SHARDS} shards of ${SHARD_MIB} MiB, ${DTYPE}, ${ROUNDS} rounds, node ${process.versions.node}`,
  );
  writeModel();
  run(process.execPath, [WAN, 'models', 'ensure', 'big', '--json', '--progress', 'none']);
  rmSync(join(scratch, 'source'), { recursive: true });
  const ours: number[] = [];
  const peaks: number[] = [];
  const rivals: Record<string, number[]> = { 'cp+openssl': [], 'cp+sync+openssl': [] };
  for (let round = 0; round < ROUNDS; round++) {
    spawnSync('sync');
    const { seconds, peakMb } = await peakOf([WAN, 'models', 'ensure', `big@1.0.0@${DTYPE}`, '--json', '--progress', 'none'], {
      cwd: scratch,
      env,
    });
    ours.push(seconds);
    peaks.push(peakMb);
    for (const [name, times] of Object.entries(rivals)) times.push(copyAndHash(name.includes('sync')));
    run(process.execPath, [WAN, 'models', 'rm', `big@1.0.0@${DTYPE}`, '--json']);
  }
  console.log(`load ${loadavg().map((load) => load.toFixed(1))}`);
  console.log(`ours: ${spreadText(spreadOf(ours), 's')}`);
  for (const [name, times] of Object.entries(rivals)) {
    console.log(`${name}: ${spreadText(spreadOf(times), 's')}`);
    const ratios = spreadOf(ours.map((seconds, round) => seconds / (times[round] ?? Number.NaN)));
    console.log(`  ours is ${spreadText(ratios, 'times as long')}`);
    if (name === 'cp+openssl') judge('time of a derivation', ratios.median, { atMost: LIMIT_RATIO, unit: 'x' });
  }
  judge('peak resident memory', Math.max(...peaks), { atMost: LIMIT_MB, unit: 'MB' });
}

/** The files of the input one after the other, those of the output as many at once as there are cores. */
function copyAndHash(isSynced: boolean): number {
  const copy = join(scratch, 'copy');
  const sync = isSynced ? `sync -f ${copy} && ` : '';
  const hash = `find -L ${output} -name '*.safetensors' -print0 | xargs -0 -n 1 -P ${availableParallelism()} openssl dgst -sha256 >/dev/null`;
  const startedMs = performance.now();
  run('bash', ['-ec', `cp --reflink=never -r ${input} ${copy} && ${sync}${hash}`]);
  const seconds = (performance.now() - startedMs) / 1000;
  rmSync(copy, { recursive: true });
  spawnSync('sync');
  return seconds;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd: scratch, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
}

function writeModel(): void {
  const source = join(scratch, 'source');
  mkdirSync(source);
  const rows = Array.from({ length: SHARDS }, (_, part) => writeShard(source, part + 1));
  const head = `schema_version = 1\n\n[models."big@1.0.0"]\nvariants = ["fp32", "${DTYPE}"]\nsources = { priority = ["local://source"] }`;
  const variant = `[models."big@1.0.0".variant.${DTYPE}]\nderive_from = "fp32"\ndtype = "${DTYPE}"`;
  writeFileSync(join(scratch, 'models.toml'), [head, ...rows, variant, ''].join('\n\n'));
}

function writeShard(source: string, part: number): string {
  const path = `model-${String(part).padStart(5, '0')}-of-${String(SHARDS).padStart(5, '0')}.safetensors`;
  const elements = (SHARD_MIB * MIB) / 4 / TENSORS;
  const tensors = Array.from(
    { length: TENSORS },
    (_, index): TensorPlan => ({ name: `blocks.${part}.${index}`, dtype: 'F32', shape: [elements] }),
  );
  const hash = createHash('sha256');
  const fd = openSync(join(source, path), 'w');
  let size = 0;
  const write = (bytes: Uint8Array): void => {
    hash.update(bytes);
    size += writeSync(fd, bytes);
  };
  write(safetensorsHeader(tensors, { format: 'pt' }));
  const block = weights(MIB);
  for (let mib = 0; mib < SHARD_MIB; mib++) {
    block.writeFloatLE(part * SHARD_MIB + mib, 0);
    write(block);
  }
  closeSync(fd);
  return `[[models."big@1.0.0".files]]\npath = "${path}"\nsize = ${size}\nsha256 = "${hash.digest('hex')}"`;
}

/** Random signs and significands, exponents as weights have them. */
function weights(bytes: number): Buffer {
  const block = randomBytes(bytes);
  for (let at = 0; at < bytes; at += 4) block.writeFloatLE(block.readInt32LE(at) / 2 ** 36, at);
  return block;
}
