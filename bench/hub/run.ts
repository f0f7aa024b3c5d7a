/**
 * A model from the Hugging Face Hub, against the Hub's own client: our stand-in for the Hub on loopback, whose large files an nginx
 * serves, as the real one redirects to its CDN.
 *
 *     npm run build && node bench/hub/run.ts               5 rounds, 8 files of 256 MiB; needs nginx, openssl and the client of .ci/run
 *     BENCH_ROUNDS=3 BENCH_MIB=16 BENCH_DIR=/mnt/disk node bench/hub/run.ts
 *
 * Xet is not part of it (bench/hub/xet.ts is): the repository is one without. Each ends with its bytes on disk and their digests compared.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onDisk } from '../../test/servers/http/content.ts';
import { HubServer } from '../../test/servers/hub/hub-server.ts';
import { startNginx } from '../cold-ensure/nginx.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';
import { RIVAL, rivals, type StoredFile } from './rivals.ts';
import { timed } from './timed.ts';

const MB = 1024 ** 2;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const FILE_BYTES = Number(process.env.BENCH_MIB ?? 256) * MB;
const FILES = 8;
const REPO = 'Wan-AI/bench';
/** How often our wall time must go into that of the client with its own check. */
const TARGET = 1.3;

const scratch = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wan-hub-race-'));
chmodSync(scratch, 0o755);
const served = join(scratch, 'served');
mkdirSync(served);
const hub = await HubServer.start();
const nginx = await startNginx(join(scratch, 'nginx'), served);
try {
  await race(publish());
} finally {
  await nginx.stop();
  await hub.stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** A repository of random files, each of which nginx has under its digest. */
function publish(): StoredFile[] {
  hub.repo(REPO).isXet = false;
  hub.bytesUrl = (sha256) => `${nginx.url}/${sha256}`;
  const files = Array.from({ length: FILES }, (_, at) => ({ path: `model-${at}.safetensors`, sizeBytes: FILE_BYTES, sha256: makeFile() }));
  hub.commit(REPO, Object.fromEntries(files.map(({ path, sha256 }) => [path, onDisk(join(served, sha256))])));
  return files;
}

function makeFile(): string {
  const hash = createHash('sha256');
  const chunks = Array.from({ length: FILE_BYTES / MB }, () => randomBytes(MB));
  for (const chunk of chunks) hash.update(chunk);
  const sha256 = hash.digest('hex');
  const fd = openSync(join(served, sha256), 'w');
  for (const chunk of chunks) writeSync(fd, chunk);
  closeSync(fd);
  return sha256;
}

async function race(files: readonly StoredFile[]): Promise<void> {
  const walls = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(rivals)) {
      const place = join(scratch, 'place');
      mkdirSync(place);
      const asked = hub.requests.length;
      const { wallS } = await timed(name, command({ files, repo: REPO, revision: 'main', endpoint: hub.url, place }));
      walls.set(name, [...(walls.get(name) ?? []), wallS]);
      if (round === 0) console.log(`${name}: ${requestsSince(asked)}`);
      if (name === 'wan') judgeRequests(asked);
      rmSync(place, { recursive: true });
      await timed('sync', 'sync');
    }
  }
  report(walls);
}

/** What the Hub itself was asked; nginx's requests are not counted. */
function requestsSince(first: number): string {
  const kinds = hub.requests.slice(first).map(({ method, path }) => `${method} ${path.startsWith('/api/') ? 'API' : 'file'}`);
  return [...Map.groupBy(kinds, (kind) => kind)].map(([kind, list]) => `${list.length} ${kind}`).join(', ');
}

function judgeRequests(first: number): void {
  const seen = hub.requests.slice(first);
  const [listings, heads] = [
    seen.filter(({ path }) => path.startsWith('/api/')).length,
    seen.filter(({ method }) => method !== 'GET').length,
  ];
  if (listings === 1 && heads === 0) return;
  process.exitCode = 1;
  console.log(`MISSED one listing and no HEAD: ${requestsSince(first)}`);
}

function report(walls: ReadonlyMap<string, readonly number[]>): void {
  const load = loadavg().map((one) => one.toFixed(1));
  console.log(
    `${FILES} files of ${FILE_BYTES / MB} MiB, ${availableParallelism()} cores, load ${load.join(' ')}, node ${process.versions.node}`,
  );
  const ours = walls.get('wan') ?? [];
  for (const [name, list] of walls) {
    console.log(`${name.padEnd(42)} ${spreadText(spreadOf(list), 's')}`);
    if (name === 'wan') continue;
    const ratios = list.map((theirs, round) => theirs / (ours[round] ?? Number.NaN));
    console.log(`  its wall / ours in the same round: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`);
    if (name === RIVAL) judge(`wall of wan / ${name}`, 1 / spreadOf(ratios).median, { atMost: Number((1 / TARGET).toFixed(2)), unit: 'x' });
  }
}
