/** The manifest, its lockfile and the registry of other models as files that are edited while a process lives. */
import { dirname, resolve } from 'node:path';
import { ABSENT, fileState } from './file-state.ts';
import { lockfilePath } from './manifest-file.ts';
import { ModelRegistry } from './model-registry.ts';

interface Loaded {
  readonly key: string;
  readonly registry: Promise<ModelRegistry>;
}

export class RegistryFile {
  /** Absolute folder of the manifest. */
  readonly directory: string;
  readonly #path: string;
  readonly #cacheDir: string;
  readonly #entriesPath: string | undefined;
  #loaded: Loaded | undefined;
  #joined: Loaded | undefined;

  /** @param entriesPath of the registry file; absent: there are no models but the manifest's */
  constructor(manifestPath: string, cacheDir: string, entriesPath?: string) {
    this.#path = resolve(manifestPath);
    this.directory = dirname(this.#path);
    this.#cacheDir = cacheDir;
    this.#entriesPath = entriesPath;
  }

  /** Loaded once, and anew whenever one of the files is another one than it was. Three stats a call. */
  registry(): Promise<ModelRegistry> {
    const entriesKey = this.#entriesPath === undefined ? ABSENT : fileState(this.#entriesPath);
    return entriesKey === ABSENT ? this.#ofManifest() : this.#withEntries(entriesKey);
  }

  async save(): Promise<void> {
    await (await this.#ofManifest()).save(this.#cacheDir);
  }

  #ofManifest(): Promise<ModelRegistry> {
    const key = `${fileState(this.#path)}, ${fileState(lockfilePath(this.#path))}`;
    if (this.#loaded?.key !== key) {
      const registry = ModelRegistry.load({ manifestPath: this.#path, cacheDir: this.#cacheDir });
      registry.catch(() => {
        this.#loaded = undefined;
      });
      this.#loaded = { key, registry };
    }
    return this.#loaded.registry;
  }

  async #withEntries(entriesKey: string): Promise<ModelRegistry> {
    const manifest = await this.#ofManifest();
    const key = `${this.#loaded?.key}, ${entriesKey}`;
    if (this.#joined?.key !== key) {
      const registry = withEntries(manifest, this.#entriesPath ?? '');
      registry.catch(() => {
        this.#joined = undefined;
      });
      this.#joined = { key, registry };
    }
    return this.#joined.registry;
  }
}

/** What reads entries is loaded where there are some. */
async function withEntries(manifest: ModelRegistry, path: string): Promise<ModelRegistry> {
  const [{ customModels }, { knownEntries }] = await Promise.all([
    import('./entries/custom-models.ts'),
    import('./entries/read-entries.ts'),
  ]);
  return manifest.with(() => customModels(knownEntries(path)));
}
