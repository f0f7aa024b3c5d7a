/**
 * Text embeddings that many clips share, kept between runs and processes. docs/embedding-cache.md is the contract, for the Python client too.
 *
 * An entry is never changed, only replaced by rename, so readers take no lock. Locks are for thrift alone: a key is computed by one process at a
 * time, and the bound is kept by one writer at a time.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../../domain/errors.ts';
import type { Clock, Random } from '../../domain/world.ts';
import type { Lease } from '../../locks/lease.ts';
import { LockManager, type LockName } from '../../locks/lock-manager.ts';
import { cleanPrompt } from '../clean-prompt.ts';
import { describeEntries } from './describe-entries.ts';
import type { EmbeddingEntry, EmbeddingKey, EmbeddingTensors } from './embedding.ts';
import { type EntryName, entryName } from './embedding-key.ts';
import { invalid } from './entry-file.ts';
import { entryPath, listFolder, remove, sumOf } from './entry-folder.ts';
import { EntryStore } from './entry-store.ts';
import { makeCacheFolder } from './write-entry.ts';

export interface EmbeddingCacheOptions {
  /** Absolute; made, open to its owner only, when it is first needed. */
  readonly directory: string;
  /** Of all files in it; 0: nothing is kept. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Told why something was not kept or not found; the caller has its embedding all the same. */
  readonly warn: (message: string) => void;
}

export interface EmbeddingCacheStats {
  readonly directory: string;
  readonly entryCount: number;
  /** Of entries and unfinished files. */
  readonly totalBytes: number;
  readonly maxBytes: number;
  /** Of this object. */
  readonly hits: number;
  readonly misses: number;
}

export interface GetOrComputeOptions {
  /** Longest wait for another process that computes the same; then it is computed here, too. Default 10 min. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** @param text the prompt as the tokenizer is to get it: already cleaned */
export type ComputeEmbedding = (text: string) => EmbeddingTensors | Promise<EmbeddingTensors>;

const STORE_LOCK: LockName = { name: 'the text-embedding cache', path: 'store.lock' };
const STORE_WAIT_MS = 30_000;
const COMPUTE_WAIT_MS = 600_000;

export class EmbeddingCache {
  readonly #options: EmbeddingCacheOptions;
  readonly #locks: LockManager;
  readonly #store: EntryStore;
  #hits = 0;
  #misses = 0;

  constructor(options: EmbeddingCacheOptions) {
    this.#options = options;
    this.#locks = new LockManager({ ...options, lockDir: join(options.directory, 'locks') });
    const waiting = { timeoutMs: STORE_WAIT_MS, doing: 'keep a text embedding' };
    const lock = (): Promise<Lease | undefined> => this.#tolerate(() => this.#locks.acquire(STORE_LOCK, waiting));
    this.#store = new EntryStore({ ...options, lock });
  }

  get directory(): string {
    return this.#options.directory;
  }

  /**
   * @returns undefined where there is none, or what was there did not prove itself and was removed
   * @throws ModelError INVALID_INPUT for a key that is none, PERMISSION_DENIED, FILESYSTEM_ERROR
   */
  async get(key: EmbeddingKey): Promise<EmbeddingTensors | undefined> {
    return this.#counted(await this.#store.read(entryName(key, cleanPrompt(key.prompt))));
  }

  /**
   * @returns false where it is larger than the cache may be, or nothing can be removed for it
   * @throws ModelError INVALID_INPUT, NO_SPACE, PERMISSION_DENIED, READ_ONLY, FILESYSTEM_ERROR
   */
  put(key: EmbeddingKey, tensors: EmbeddingTensors): Promise<boolean> {
    return this.#store.write(entryName(key, cleanPrompt(key.prompt)), checked(key, tensors));
  }

  /**
   * Computed once, however many processes ask. Whatever is wrong with the cache (disk full, no rights, no locks), the embedding is computed and
   * `warn` is told.
   * @throws ModelError INVALID_INPUT, CANCELLED; and whatever `compute` throws
   */
  async getOrCompute(key: EmbeddingKey, compute: ComputeEmbedding, options: GetOrComputeOptions = {}): Promise<EmbeddingTensors> {
    const text = cleanPrompt(key.prompt);
    const name = entryName(key, text);
    const read = (): Promise<EmbeddingTensors | undefined> => this.#tolerate(() => this.#store.read(name));
    const found = await read();
    await using _lease = found ? undefined : await this.#tolerate(() => this.#lockKey(name, options));
    const cached = this.#counted(found ?? (await read()));
    if (cached !== undefined) return cached;
    const tensors = checked(key, await compute(text));
    await this.#tolerate(() => this.#store.write(name, tensors));
    return tensors;
  }

  async stats(): Promise<EmbeddingCacheStats> {
    const files = await listFolder(this.directory);
    const entryCount = files.filter(({ id }) => id !== undefined).length;
    const { directory, maxBytes } = this.#options;
    return { directory, entryCount, totalBytes: sumOf(files), maxBytes, hits: this.#hits, misses: this.#misses };
  }

  /** Last used first; reads the header of each. */
  async list(): Promise<readonly EmbeddingEntry[]> {
    return describeEntries(await listFolder(this.directory));
  }

  /** Removes every entry, and what writers left; one that writes now loses its entry, and nothing else. */
  async clear(): Promise<{ readonly removed: number; readonly reclaimedBytes: number }> {
    const files = await listFolder(this.directory);
    const gone = await Array.fromAsync(files, async (file) => ((await remove(file.path)) ? [file] : []));
    return { removed: gone.flat().length, reclaimedBytes: sumOf(gone.flat()) };
  }

  #counted<T>(found: T | undefined): T | undefined {
    if (found === undefined) this.#misses++;
    else this.#hits++;
    return found;
  }

  /** Undefined where the entry has come meanwhile. Keys share 256 locks, so that lock files do not add up. */
  async #lockKey({ id }: EntryName, { waitMs = COMPUTE_WAIT_MS, signal }: GetOrComputeOptions): Promise<Lease | undefined> {
    const { directory, maxBytes } = this.#options;
    if (maxBytes === 0) return undefined;
    await makeCacheFolder(directory);
    const lock = { name: `the text embedding ${id.slice(0, 12)}`, path: `${id.slice(0, 2)}.lock` };
    const whileWaiting = (): boolean => existsSync(entryPath(directory, id));
    return this.#locks.acquire(lock, { timeoutMs: waitMs, doing: 'encode a prompt', whileWaiting, ...(signal && { signal }) });
  }

  /** The cache is a help: where it cannot, work goes on without it. */
  async #tolerate<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ModelError) || error.code === 'CANCELLED' || error.code === 'INVALID_INPUT') throw error;
      this.#options.warn(`the text-embedding cache in ${this.directory}: ${error.message}`);
      return undefined;
    }
  }
}

/** An embedding cut to another length, or of several videos, would be taken for this one by every clip to come; other layouts are told by `extra`. */
function checked({ dtype, maxLength, extra = {} }: EmbeddingKey, tensors: EmbeddingTensors): EmbeddingTensors {
  const embeds = tensors.prompt_embeds;
  if (embeds === undefined) throw invalid('there is no prompt_embeds');
  if (embeds.dtype !== dtype) throw invalid(`prompt_embeds is ${embeds.dtype}, its key says ${dtype}`);
  const [videos, length] = embeds.shape;
  const isOfKey = embeds.shape.length === 3 && videos === 1 && length === maxLength;
  if (!isOfKey && Object.keys(extra).length === 0)
    throw invalid(`prompt_embeds is [${embeds.shape.join(', ')}], its key says [1, ${maxLength}, width]; another layout is to be in extra`);
  return tensors;
}
