/**
 * The same files of the Hub by plain ranges and by Xet: our stand-in for the Hub, whose repository lies in a real Xet storage
 * (test/servers/hub/local-cas.ts says how to build it). An nginx has what the Hub's CDN has: the files, as the bridge gives them at no cost of its own,
 * and the objects of Xet.
 *
 *     npm run build && node bench/hub/xet.ts            4 rounds, 4 new files of 64 MiB
 *     BENCH_MODE=near node bench/hub/xet.ts             each has an earlier version of the files, of which nine tenths are the same
 *     BENCH_KIND=F32 node bench/hub/xet.ts              weights in BF16 (the default), F32, or F32-of-BF16, whose lower halves are zero
 *     BENCH_MBPS=20 node bench/hub/xet.ts               the bytes come over a line of 20 MB/s with a round trip of 20 ms
 *     BENCH_ROUNDS=5 BENCH_FILES=8 BENCH_MIB=256 BENCH_DIR=/mnt/disk node bench/hub/xet.ts
 */
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onDisk } from '../../test/servers/http/content.ts';
import { HubServer } from '../../test/servers/hub/hub-server.ts';
import { LocalCas, missingForXet } from '../../test/servers/hub/local-cas.ts';
import { startNginx } from '../cold-ensure/nginx.ts';
import { spreadOf, spreadText } from '../spread.ts';
import { startFarProxy } from '../wan-link/far-proxy.ts';
import type { Job, StoredFile } from './rivals.ts';
import { type Run, timed } from './timed.ts';
import { KINDS, randomWeights, writeChunks, writeWeights } from './weights-file.ts';
import { XetFront } from './xet-front.ts';
import { nearRivals, xetRivals } from './xet-rivals.ts';

const MB = 1024 ** 2;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 4);
const FILES = Number(process.env.BENCH_FILES ?? 4);
const FILE_BYTES = Number(process.env.BENCH_MIB ?? 64) * MB;
const KIND = KINDS.find((kind) => kind === process.env.BENCH_KIND) ?? 'BF16';
const IS_NEAR = process.env.BENCH_MODE === 'near';
/** Of a later version, every n-th MiB is another one; and its header is longer, so that all bytes behind it lie elsewhere. */
const CHANGED_EVERY = 10;
const HEADER_BYTES = 264;
const LINE_MBPS = Number(process.env.BENCH_MBPS ?? 0);
const LINE = { roundTripMs: 20, bytesPerSecond: LINE_MBPS * 1e6, isShared: true };
const REPO = 'Wan-AI/bench';

const missing = missingForXet();
if (missing.length > 0) {
  console.log(`skipped: needs ${missing.join(', ')}; test/servers/hub/local-cas.ts says how to build it`);
  process.exit();
}
const scratch = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-xet-race-'));
chmodSync(scratch, 0o755);
const served = join(scratch, 'served');
const accessLog = join(scratch, 'access.log');
mkdirSync(served);
const hub = await HubServer.start();
const nginx = await startNginx(join(scratch, 'nginx'), served, { accessLog });
const cas = await LocalCas.start(join(scratch, 'cas'));
const line = LINE_MBPS > 0 ? await startFarProxy({ targetPort: Number(new URL(nginx.url).port), ...LINE }) : undefined;
const bytesUrl = line === undefined ? nginx.url : `http://127.0.0.1:${line.port}`;
const front = await XetFront.start(cas.url, (hash) => `${bytesUrl}/xorb-${hash}`);
try {
  hub.casUrl = front.url;
  hub.bytesUrl = (sha256) => `${bytesUrl}/${sha256}`;
  const before = IS_NEAR ? await publish('before', newFiles()) : undefined;
  await race(await publish('main', before === undefined ? newFiles() : before.map(nearlySame)), before);
} finally {
  await front.stop();
  await cas.stop();
  line?.stop();
  await nginx.stop();
  await hub.stop();
  rmSync(scratch, { recursive: true, force: true });
}

function newFiles(): StoredFile[] {
  return Array.from({ length: FILES }, (_, at) => stored(`model-${at}.safetensors`, (path) => writeWeights(path, FILE_BYTES, KIND)));
}

function nearlySame({ path, sha256 }: StoredFile): StoredFile {
  const old = readFileSync(join(served, sha256));
  const chunks = Array.from({ length: old.length / MB }, (_, at) =>
    at % CHANGED_EVERY === CHANGED_EVERY - 1 ? randomWeights(MB, KIND) : old.subarray(at * MB, (at + 1) * MB),
  );
  return stored(path, (to) => writeChunks(to, [randomWeights(HEADER_BYTES, KIND), ...chunks]));
}

/** nginx has a file under its digest. */
function stored(path: string, write: (to: string) => { readonly sha256: string; readonly sizeBytes: number }): StoredFile {
  const written = write(join(served, 'new'));
  linkSync(join(served, 'new'), join(served, written.sha256));
  rmSync(join(served, 'new'));
  return { path, ...written };
}

/** As a branch of the repository, and as objects of Xet. */
async function publish(branch: string, files: readonly StoredFile[]): Promise<readonly StoredFile[]> {
  const placeOf = (sha256: string): string => join(served, sha256);
  const hashes = await cas.upload(
    files.map(({ sha256 }) => placeOf(sha256)),
    join(scratch, 'uploader'),
  );
  hub.repo(REPO).xetHashOf = (sha256) => hashes.get(placeOf(sha256)) ?? '';
  hub.commit(REPO, Object.fromEntries(files.map(({ path, sha256 }) => [path, onDisk(placeOf(sha256))])), branch);
  const objects = join(scratch, 'cas', 'xorbs');
  let bytes = 0;
  for (const name of readdirSync(objects).filter((one) => /^default\.[0-9a-f]{64}$/.test(one))) {
    const target = join(served, name.replace('default.', 'xorb-'));
    rmSync(target, { force: true });
    chmodSync(join(objects, name), 0o644);
    linkSync(join(objects, name), target);
    bytes += onDisk(target).sizeBytes;
  }
  console.log(`${branch}: ${text(sum(files.map(({ sizeBytes }) => sizeBytes)))} of files; all objects so far have ${text(bytes)}`);
  return files;
}

interface Result extends Run {
  readonly sentBytes: number;
}

async function race(files: readonly StoredFile[], before: readonly StoredFile[] | undefined): Promise<void> {
  const results = new Map<string, Result[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(before === undefined ? xetRivals : nearRivals)) {
      const place = join(scratch, 'place');
      mkdirSync(place);
      const job: Job = { files, repo: REPO, revision: 'main', endpoint: hub.url, place };
      if (before !== undefined) await timed(`${name}, before`, command({ ...job, files: before, revision: 'before' }));
      await timed('sync', 'sync');
      writeFileSync(accessLog, '');
      const run = await timed(name, command(job));
      results.set(name, [...(results.get(name) ?? []), { ...run, sentBytes: sentBytes() }]);
      rmSync(place, { recursive: true });
      await timed('sync', 'sync');
    }
  }
  report(results);
}

function sentBytes(): number {
  return sum(readFileSync(accessLog, 'utf8').split('\n').map(Number));
}

function report(results: ReadonlyMap<string, readonly Result[]>): void {
  const load = loadavg().map((one) => one.toFixed(1));
  console.log(
    `${FILES} files of ${FILE_BYTES / MB} MiB, ${KIND}${IS_NEAR ? ', nine tenths of each in an earlier version' : ''}, ${LINE_MBPS > 0 ? `over ${LINE_MBPS} MB/s and ${LINE.roundTripMs} ms` : 'over loopback'}, ${availableParallelism()} cores, load ${load.join(' ')}, node ${process.versions.node}`,
  );
  const [ours = []] = results.values();
  for (const [name, list] of results) {
    const cpuS = ({ userS, systemS }: Run): number => userS + systemS;
    const ratio = (of: (run: Run) => number): string =>
      spreadText(spreadOf(list.map((run, round) => of(run) / of(ours[round] ?? run))), 'x ours');
    console.log(`${name}: ${text(spreadOf(list.map((one) => one.sentBytes)).median)} sent`);
    console.log(`  wall ${spreadText(spreadOf(list.map(({ wallS }) => wallS)), 's')}; ${ratio(({ wallS }) => wallS)}`);
    console.log(`  cpu  ${spreadText(spreadOf(list.map(cpuS)), 's')}; ${ratio(cpuS)}`);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function text(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MiB`;
}
