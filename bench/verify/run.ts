/**
 * Verification against plain hashing, all from the page cache, whole commands, interleaved rounds:
 *
 *     npm run build && node bench/verify/run.ts                 needs openssl; 3 rounds, 4 GiB of scratch in TMPDIR
 *     BENCH_ROUNDS=5 BENCH_DIR=/mnt/disk BENCH_MODE=plain|off|avx2 BENCH_WHOLE_MB=1024 node bench/verify/run.ts
 *
 * Eight files: `wan models verify` against `openssl dgst` on as many files at once as there are cores. One file: the same against `openssl dgst` on one core;
 * ours has the pieces of the first proof on record and reads them on all cores. `off` masks the CPU's extensions from OpenSSL, node's own copy included,
 * `avx2` only its SHA instructions: what is left is what a CPU without them has.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRandomFile } from '../random-file.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';

const MB = 1024 ** 2;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const WHOLE_BYTES = Number(process.env.BENCH_WHOLE_MB ?? 2048) * MB;
/** What is masked from OpenSSL, and what it then hashes with. */
const MASKS: Readonly<Record<string, readonly [mask: string, told: string]>> = {
  off: ['0', 'plain code for sha256'],
  avx2: [':~0x20000000', 'no SHA instructions'],
};
const masked = MASKS[process.env.BENCH_MODE ?? 'plain'];
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
const scratch = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-verify-'));

interface Made {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

try {
  console.log(
    `${availableParallelism()} cores, ${masked?.[1] ?? 'the CPU as it is'}, node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  race('eight files', 8, { manyAtOnce: true, atLeast: 0.9 });
  race('one file, its pieces on record', 1, { manyAtOnce: false, atLeast: 1.7 });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function race(title: string, count: number, { manyAtOnce, atLeast }: { readonly manyAtOnce: boolean; readonly atLeast: number }): void {
  const place = join(scratch, `${count}`);
  const folder = join(place, 'source', 'm@1.0.0');
  mkdirSync(folder, { recursive: true });
  const files = Array.from({ length: count }, (_, index) => makeFile(folder, `f${index}.bin`, WHOLE_BYTES / count));
  writeFileSync(join(place, 'models.toml'), manifest(files));
  wan(place, ['models', 'ensure', 'm@1.0.0', '--quiet']);
  rmSync(folder, { recursive: true });
  const first = wan(place, ['models', 'verify', 'm@1.0.0', '--quiet']);
  const published = join(place, 'models', 'wan22', 'm@1.0.0');
  const hash = `ls ${published}/*.bin | xargs -n1 -P${manyAtOnce ? availableParallelism() : 1} openssl dgst -sha256`;
  const ratios: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = shell(hash);
    const own = wan(place, ['models', 'verify', 'm@1.0.0', '--quiet']);
    // A machine that others use drifts: what openssl takes is what it took just before ours and just after.
    ratios.push((before + shell(hash)) / 2 / own);
    ours.push(own);
  }
  const ratio = spreadOf(ratios);
  console.log(
    `\n${title}, ${(WHOLE_BYTES / MB).toFixed(0)} MiB in all; the first verification (pieces made where none were on record) ${first.toFixed(2)} s`,
  );
  console.log(`ours ${spreadText(spreadOf(ours), 's')}; speed of ours / openssl's in the same round ${spreadText(ratio, 'x')}`);
  judge('wall of wan / openssl', 1 / ratio.median, { atMost: Number((1 / atLeast).toFixed(2)), unit: 'x' });
  rmSync(place, { recursive: true });
}

const makeFile = (folder: string, name: string, sizeBytes: number): Made => ({
  name,
  sizeBytes,
  sha256: makeRandomFile(join(folder, name), sizeBytes),
});

function manifest(files: readonly Made[]): string {
  const rows = files.map(
    ({ name, sizeBytes, sha256 }) => `[[models."m@1.0.0".files]]\npath = "${name}"\nsize = ${sizeBytes}\nsha256 = "${sha256}"\n`,
  );
  return `schema_version = 1\n[models."m@1.0.0"]\ndescription = "bench"\nversion = "1.0.0"\n\n${rows.join('\n')}\n[models."m@1.0.0".sources]\npriority = ["local://source/m@1.0.0"]\n`;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ...(masked && { OPENSSL_ia32cap: masked[0] }) };
}

/** @returns seconds */
function wan(place: string, args: readonly string[]): number {
  const env = {
    ...environment(),
    MODELS_ROOT: join(place, 'models'),
    WAN_MODELS_MANIFEST: join(place, 'models.toml'),
    WAN_SAFETY_MARGIN: '0',
  };
  const started = performance.now();
  execFileSync(process.execPath, [BIN, ...args], { cwd: place, env, stdio: ['ignore', 'ignore', 'inherit'] });
  return (performance.now() - started) / 1000;
}

function shell(script: string): number {
  const started = performance.now();
  const { status, stderr } = spawnSync('bash', ['-ec', script], { env: environment(), encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
  return (performance.now() - started) / 1000;
}
