/**
 * Peak resident memory (VmHWM) of `wan models ensure` over loopback HTTP, for a small model and a large one: it must stay below the
 * limit and must not grow with the model. Linux only, and needs nginx. The sources are sparse files; what is written is not, so the
 * large model needs its size on the disk.
 *
 *     npm run build && node bench/memory/peak-memory.ts             # 200 MB
 *     npm run build && node bench/memory/peak-memory.ts 200M 20G    # both; 20 GB of disk and some minutes
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNginx } from '../cold-ensure/nginx.ts';
import { type Peak, peakOf } from '../high-water.ts';
import { judge } from '../spread.ts';

const WAN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');
const MEGABYTE = 1_000_000;
const LIMIT_MB = 150;
/** Of the peaks of a small and a large model: what a garbage collector decides from run to run. */
const GROWTH_LIMIT = 1.25;
const FILES = 4;

const sizes = (process.argv.length > 2 ? process.argv.slice(2) : ['200M']).map(bytesOf);
const peaksMb: number[] = [];
for (const sizeBytes of sizes) peaksMb.push(await measure(sizeBytes));
const [smallest = 0] = peaksMb;
const largest = peaksMb.at(-1) ?? 0;
if (sizes.length > 1) judge('growth of the peak from the first size to the last', largest / smallest, { atMost: GROWTH_LIMIT, unit: 'x' });

async function measure(sizeBytes: number): Promise<number> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'wan-bench-memory-')));
  try {
    requireSpace(directory, sizeBytes);
    // nginx, started by root, reads as nobody.
    chmodSync(directory, 0o755);
    const manifestPath = writeModel(directory, sizeBytes);
    const nginx = await startNginx(join(directory, 'nginx'), join(directory, 'source'));
    try {
      writeFileSync(manifestPath, readFileSync(manifestPath, 'utf8').replace('SOURCE', nginx.url));
      const { peakMb, seconds } = await peakOfEnsure(directory);
      const name = `${Math.round(sizeBytes / MEGABYTE)} MB`;
      console.log(`${name}: ${FILES} files in ${seconds.toFixed(1)} s, ${Math.round(sizeBytes / MEGABYTE / seconds)} MB/s`);
      judge(`peak resident memory for ${name}`, peakMb, { atMost: LIMIT_MB, unit: 'MB' });
      return peakMb;
    } finally {
      await nginx.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Sparse sources, of different sizes so that they differ in content; the manifest names SOURCE where the server's URL goes. */
function writeModel(directory: string, sizeBytes: number): string {
  mkdirSync(join(directory, 'source'));
  const tables = Array.from({ length: FILES }, (_, index) => {
    const path = `model-${index}.bin`;
    const fileBytes = Math.floor(sizeBytes / FILES) - index;
    const fd = openSync(join(directory, 'source', path), 'w');
    ftruncateSync(fd, fileBytes);
    closeSync(fd);
    return `[[models."zeros@1.0.0".files]]\npath = "${path}"\nsize = ${fileBytes}\nsha256 = "${digestOfZeros(fileBytes)}"`;
  });
  const head = 'schema_version = 1\n\n[models."zeros@1.0.0"]\nsources = { priority = ["SOURCE"] }';
  const manifestPath = join(directory, 'models.toml');
  writeFileSync(manifestPath, [head, ...tables, ''].join('\n\n'));
  return manifestPath;
}

function digestOfZeros(sizeBytes: number): string {
  const zeros = Buffer.alloc(8 * 2 ** 20);
  const hash = createHash('sha256');
  for (let left = sizeBytes; left > 0; left -= zeros.length) hash.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
  return hash.digest('hex');
}

function peakOfEnsure(directory: string): Promise<Peak> {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    MODELS_ROOT: join(directory, 'models'),
    WAN_MODELS_MANIFEST: join(directory, 'models.toml'),
  };
  return peakOf([WAN, 'models', 'ensure', 'zeros'], { cwd: directory, env });
}

function requireSpace(directory: string, sizeBytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  // The configured safety margin and some air beside the model itself.
  if (bavail * bsize < sizeBytes * 1.1 + 2 * 2 ** 30) throw new Error(`${directory} has too little space for ${sizeBytes} bytes`);
}

function bytesOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([MG])$/.exec(text) ?? [];
  const bytes = Number(digits) * (unit === 'G' ? 1000 : 1) * MEGABYTE;
  if (!(bytes > 0)) throw new Error(`a size is written like 200M or 20G, not ${text}`);
  return bytes;
}
