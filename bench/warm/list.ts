/**
 * `listModels` of a manifest of 10,000 models and 200,000 files, in a fresh process each time, with the parsed manifest kept in the
 * store by an earlier one; and the peak resident memory of such a process.
 *
 *     node bench/warm/list.ts
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelEnsurer } from '../../src/index.ts';
import { ModelRegistry } from '../../src/registry/model-registry.ts';
import { ModelResolver } from '../../src/resolver/model-resolver.ts';
import { bigManifest } from '../../test/support/big-manifest.ts';
import { judge, spreadOf, spreadText } from '../spread.ts';

const MODELS = 10_000;
const PROCESSES = 15;
const [role, directory] = process.argv.slice(2);

if (role === 'keep' && directory !== undefined) await keep(directory);
else if (role === 'list' && directory !== undefined) await list(directory);
else compare();

interface Listed {
  readonly models: number;
  readonly wallMs: number;
  readonly peakMb: number;
}

function compare(): void {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'wan-bench-list-')));
  try {
    writeFileSync(join(place, 'models.toml'), bigManifest(MODELS));
    run('keep', place);
    const listed = Array.from({ length: PROCESSES }, () => JSON.parse(run('list', place)) as Listed);
    if (listed.some(({ models }) => models !== MODELS)) throw new Error('not every model was listed');
    const wallMs = spreadOf(listed.map((one) => one.wallMs));
    console.log(`manifest of ${Math.round(statSync(join(place, 'models.toml')).size / 1e6)} MB, list: ${spreadText(wallMs, 'ms')}`);
    console.log(`peak resident memory of the process: ${spreadText(spreadOf(listed.map((one) => one.peakMb)), 'MB')}`);
    judge('list of 10,000 models in process, median', wallMs.median, { atMost: 300, unit: 'ms' });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function run(role: string, place: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, role, place], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${role} ended with ${status}: ${stderr}`);
  return stdout;
}

/** As the first `ensure` does. */
async function keep(place: string): Promise<void> {
  const cacheDir = new ModelResolver({ modelsRoot: join(place, 'models') }).stateDir('manifests');
  await ModelRegistry.load({ manifestPath: join(place, 'models.toml'), cacheDir, writeCache: true });
}

async function list(place: string): Promise<void> {
  const env = { MODELS_ROOT: join(place, 'models'), WAN_MODELS_MANIFEST: join(place, 'models.toml') };
  const startedMs = performance.now();
  const orchestrator = await ModelEnsurer.fromConfig({ env, cwd: place });
  const models = (await orchestrator.listModels()).length;
  const listed: Listed = { models, wallMs: performance.now() - startedMs, peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6 };
  process.stdout.write(JSON.stringify(listed));
}
