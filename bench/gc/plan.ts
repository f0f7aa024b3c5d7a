/**
 * `gc --dry-run` in the library on a store of 1,000 models and 100,000 blobs, in a fresh process each time, and the peak resident memory of
 * such a process. The blobs are sparse files, the models records with one file each: no plan reads any.
 *
 *     node bench/gc/plan.ts
 */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { closeSync, ftruncateSync, linkSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256Of } from '../../src/domain/digest.ts';
import { ModelEnsurer } from '../../src/index.ts';
import { ModelRegistry } from '../../src/registry/model-registry.ts';
import { ModelResolver } from '../../src/resolver/model-resolver.ts';
import { encodeRecord } from '../../src/store/record.ts';
import { toWire } from '../../src/store/snapshot-record.ts';
import { bigManifest } from '../../test/support/big-manifest.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';

const MODELS = 1000;
const FILES_OF_A_MODEL = 99;
const ORPHANS = 1000;
const BLOB_BYTES = 1_000_000_000;
const PROCESSES = 5;
const [role, directory] = process.argv.slice(2);

if (role === 'plan' && directory !== undefined) await plan(directory);
else await compare();

interface Planned {
  readonly removed: number;
  readonly wallMs: number;
  readonly peakMb: number;
}

async function compare(): Promise<void> {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'wan-bench-gc-')));
  try {
    await furnish(place);
    const planned = Array.from({ length: PROCESSES }, () => run(place));
    if (planned.some(({ removed }) => removed !== MODELS / 2 + ORPHANS))
      throw new Error(`not half of the models and all orphans would go: ${JSON.stringify(planned)}`);
    const wallMs = spreadOf(planned.map((one) => one.wallMs));
    const peakMb = spreadOf(planned.map((one) => one.peakMb));
    console.log(`plan of ${MODELS} models and ${MODELS * FILES_OF_A_MODEL + ORPHANS} blobs: ${spreadText(wallMs, 'ms')}`);
    console.log(`peak resident memory of the process: ${spreadText(peakMb, 'MB')}`);
    judge('plan in process, median', wallMs.median, { atMost: 2000, unit: 'ms' });
    judge('peak memory, median', peakMb.median, { atMost: 200, unit: 'MB' });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function run(place: string): Planned {
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, 'plan', place], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`plan ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Planned;
}

async function furnish(place: string): Promise<void> {
  const resolver = new ModelResolver({ modelsRoot: join(place, 'models') });
  writeFileSync(join(place, 'models.toml'), bigManifest(MODELS));
  const cacheDir = resolver.stateDir('manifests');
  const registry = await ModelRegistry.load({ manifestPath: join(place, 'models.toml'), cacheDir, writeCache: true });
  const store = { format: 'wan-store', version: 1, store_id: 'bench', created_at: new Date().toISOString() };
  writeFileSync(resolver.storeFile(), encodeRecord(store));
  for (const [index, { modelId, family }] of registry.listModels().entries()) {
    const target = resolver.modelDir(family, { modelId });
    mkdirSync(target, { recursive: true });
    const record = {
      ref: { modelId },
      variant: 'fp16',
      specDigest: sha256Of(hash('sha256', modelId)),
      generation: modelId,
      // Half of them longer ago than is asked for.
      verifiedAt: new Date(Date.now() - (index % 2 === 0 ? 1 : 60) * 86_400_000).toISOString(),
      leftOut: [],
      files: Array.from({ length: FILES_OF_A_MODEL }, (_, file) => ({
        path: `transformer/diffusion_pytorch_model-${file}-of-${FILES_OF_A_MODEL}.safetensors`,
        sha256: makeBlob(resolver, `${modelId}/${file}`),
        proof: 'manifest-sha256' as const,
        key: {
          sizeBytes: BLOB_BYTES,
          ino: String(10 ** 15 + index * 1000 + file),
          mtimeNs: '1764270000000000000',
          ctimeNs: '1764270000000000000',
        },
      })),
    };
    // One file of each is there, to tell how the volume shares.
    const [first] = record.files;
    if (first !== undefined) {
      mkdirSync(dirname(join(target, first.path)), { recursive: true });
      linkSync(resolver.blobPath(first.sha256), join(target, first.path));
    }
    writeFileSync(join(target, '.verified.json'), encodeRecord(toWire(record)));
  }
  for (let orphan = 0; orphan < ORPHANS; orphan++) makeBlob(resolver, `orphan/${orphan}`);
}

function makeBlob(resolver: ModelResolver, name: string): ReturnType<typeof sha256Of> {
  const digest = sha256Of(hash('sha256', name));
  const path = resolver.blobPath(digest);
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w');
  ftruncateSync(fd, BLOB_BYTES);
  closeSync(fd);
  return digest;
}

async function plan(place: string): Promise<void> {
  const env = { MODELS_ROOT: join(place, 'models'), WAN_MODELS_MANIFEST: join(place, 'models.toml'), WAN_GC_GRACE: '0' };
  const startedMs = performance.now();
  const orchestrator = await ModelEnsurer.fromConfig({ env, cwd: place });
  const { items } = await orchestrator.planGc({ olderThanMs: 30 * 86_400_000 });
  const wallMs = performance.now() - startedMs;
  const removed = items.filter(({ action }) => action !== 'keep').length;
  const planned: Planned = { removed, wallMs, peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6 };
  process.stdout.write(JSON.stringify(planned));
}
