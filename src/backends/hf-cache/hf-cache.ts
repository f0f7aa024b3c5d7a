/** The cache that clients of the Hugging Face Hub share: its files are read and proven, and never touched; others may be added. */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { Sha256 } from '../../domain/digest.ts';
import { HF_CACHE_SCHEME } from '../../domain/hf-cache-scheme.ts';
import type { FileDigest } from '../../domain/published-digest.ts';
import type { FileSource } from '../backend.ts';
import { LocalBackend } from '../local/local-backend.ts';
import type { HubFile } from './hub-file.ts';
import { fileInside, realCacheRoot, unlessAbsent } from './inside-cache.ts';
import type { ProvenBytes } from './lay-down.ts';
import { COMMIT, REPO_FOLDER, type RepoPlace } from './repo-folder.ts';

export interface HfCacheOptions {
  /** Absolute; need not exist. */
  readonly directory: string;
  readonly sha256OfFile: (path: string, signal: AbortSignal) => Promise<Sha256>;
  /** How files are put into it; absent: they are not. */
  readonly layDown?: (file: HubFile, bytes: ProvenBytes) => Promise<void>;
}

export interface WantedBytes {
  readonly digest: FileDigest;
  readonly sizeBytes: number;
  /** Where the repositories that the model comes from have the file. */
  readonly places: readonly RepoPlace[];
}

const SHA256_NAME = /^[0-9a-f]{64}$/;

export class HfCache {
  readonly label: string;
  /** Present where the cache is to be filled. @throws as `layDown` of lay-down.ts */
  readonly layDown: HfCacheOptions['layDown'];
  readonly #options: HfCacheOptions;

  constructor(options: HfCacheOptions) {
    this.#options = options;
    this.layDown = options.layDown;
    this.label = `${HF_CACHE_SCHEME}://${options.directory}`;
  }

  /**
   * Where the cache has these bytes, by their name or, for small files and for caches without links, by one read. What is
   * found has still to be proven: names in a cache promise nothing.
   * @throws ModelError of the file system
   */
  async find(wanted: WantedBytes, signal: AbortSignal): Promise<FileSource | undefined> {
    const root = await realCacheRoot(this.#options.directory);
    if (root === undefined) return undefined;
    const found = (await findBlob(root, wanted)) ?? (await this.#findInSnapshots(root, wanted, signal));
    if (found === undefined) return undefined;
    const backend = new LocalBackend({ url: this.label, folders: [root] });
    return { backend, path: relative(root, found).split(sep).join('/'), isHere: true };
  }

  async #findInSnapshots(root: string, { digest, sizeBytes, places }: WantedBytes, signal: AbortSignal): Promise<string | undefined> {
    if (digest.algorithm !== 'sha256') return undefined;
    const read = new Set<string>();
    for (const place of places) {
      for (const pointer of await pointersOf(root, place)) {
        const file = (await isNamedBySha256(pointer)) ? undefined : await fileInside(root, pointer, sizeBytes);
        if (file === undefined || read.has(file)) continue;
        if ((await this.#options.sha256OfFile(file, signal)) === digest.hex) return file;
        read.add(file);
      }
    }
    return undefined;
  }
}

/** The model's own repositories first; another one's bytes of the same name are as good. */
async function findBlob(root: string, { digest, sizeBytes, places }: WantedBytes): Promise<string | undefined> {
  const own = places.map(({ folder }) => folder);
  const names = (await unlessAbsent(`list ${root}`, () => readdir(root))) ?? [];
  for (const folder of new Set([...own, ...names.filter((name) => REPO_FOLDER.test(name))])) {
    const file = await fileInside(root, join(root, folder, 'blobs', digest.hex), sizeBytes);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** The file's names in all snapshots of a repository. */
async function pointersOf(root: string, { folder, path }: RepoPlace): Promise<string[]> {
  const snapshots = join(root, folder, 'snapshots');
  const commits = (await unlessAbsent(`list ${snapshots}`, () => readdir(snapshots))) ?? [];
  return commits.filter((name) => COMMIT.test(name)).map((commit) => join(snapshots, commit, ...path.split('/')));
}

/** Its blob was looked for by that name already: there is no need to read it. */
async function isNamedBySha256(pointer: string): Promise<boolean> {
  const target = await unlessAbsent(`look at ${pointer}`, async () => {
    const isLink = (await lstat(pointer)).isSymbolicLink();
    return isLink ? readlink(pointer) : pointer;
  });
  return target !== undefined && SHA256_NAME.test(basename(target));
}
