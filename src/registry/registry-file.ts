/** The manifest and its lockfile as files that people edit while a process lives. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { lockfilePath } from './manifest-file.ts';
import { ModelRegistry } from './model-registry.ts';

export class RegistryFile {
  /** Absolute folder of the manifest. */
  readonly directory: string;
  readonly #path: string;
  readonly #cacheDir: string;
  #loaded: { readonly key: string; readonly registry: Promise<ModelRegistry> } | undefined;

  constructor(manifestPath: string, cacheDir: string) {
    this.#path = resolve(manifestPath);
    this.directory = dirname(this.#path);
    this.#cacheDir = cacheDir;
  }

  /** Loaded once, and anew whenever one of the files is another one than it was. Two stats a call. */
  registry(): Promise<ModelRegistry> {
    const key = this.#key();
    if (this.#loaded?.key !== key) {
      const registry = ModelRegistry.load({ manifestPath: this.#path, cacheDir: this.#cacheDir });
      registry.catch(() => {
        this.#loaded = undefined;
      });
      this.#loaded = { key, registry };
    }
    return this.#loaded.registry;
  }

  async save(): Promise<void> {
    await (await this.registry()).save(this.#cacheDir);
  }

  #key(): string {
    return `${keyOf(this.#path)}, ${keyOf(lockfilePath(this.#path))}`;
  }
}

function keyOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
