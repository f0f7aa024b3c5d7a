/** A manifest, its local sources and an empty MODELS_ROOT in a folder of their own. */
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface BenchPlace {
  readonly directory: string;
  readonly manifestPath: string;
  /** The whole configuration of a run: nothing of this machine's own gets in. */
  readonly env: Readonly<Record<string, string>>;
  readonly models: readonly string[];
  remove(): void;
}

/** Files of 4 KiB: nothing that is measured here reads them. */
const FILE_BYTES = 4096;

export function benchPlace(modelCount: number, filesPerModel: number): BenchPlace {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'wan-bench-')));
  const models = Array.from({ length: modelCount }, (_, index) => `bench-${index}@1.0.0`);
  const manifestPath = join(directory, 'models.toml');
  writeFileSync(manifestPath, ['schema_version = 1', ...models.map((id) => writeModel(directory, id, filesPerModel))].join('\n\n'));
  return {
    directory,
    manifestPath,
    env: { HOME: directory, MODELS_ROOT: join(directory, 'models'), WAN_MODELS_MANIFEST: manifestPath, WAN_SAFETY_MARGIN: '0' },
    models,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Its source folder; returns its part of the manifest. */
function writeModel(directory: string, id: string, fileCount: number): string {
  const files = Array.from({ length: fileCount }, (_, index) => {
    const path = `transformer/diffusion_pytorch_model-${String(index + 1).padStart(5, '0')}-of-${String(fileCount).padStart(5, '0')}.safetensors`;
    const bytes = Buffer.alloc(FILE_BYTES, `${id}/${index};`);
    const source = join(directory, 'source', id, path);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, bytes);
    return `[[models."${id}".files]]\npath = "${path}"\nsize = ${FILE_BYTES}\nsha256 = "${hash('sha256', bytes)}"`;
  });
  return [`[models."${id}"]\nsources = { priority = ["local://source/${id}"] }`, ...files].join('\n\n');
}
