/** A compressed blob of a tier, read as its plaintext. */
import { stat } from 'node:fs/promises';
import type { OpenedFile, OpenOptions, RemoteFile, StorageBackend } from '../backends/backend.ts';
import { checkFound, fileNotFound } from '../backends/file-faults.ts';
import { throwIfCancelled } from '../domain/cancelled.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { failingIterable } from '../util/failing-iterable.ts';
import { plainBytes, readSeekTable } from './seekable-zstd.ts';

export interface ZstdBackendOptions {
  readonly label: string;
  /** Absolute, of the one file that there is. */
  readonly path: string;
  /** Frames decoded at a time, for each range. */
  readonly atOnce: number;
}

export class ZstdBackend implements StorageBackend {
  readonly scheme = 'tier';
  readonly label: string;
  readonly #options: ZstdBackendOptions;

  constructor(options: ZstdBackendOptions) {
    this.label = options.label;
    this.#options = options;
  }

  async stat(path: string, signal: AbortSignal): Promise<RemoteFile & Required<Pick<RemoteFile, 'sizeBytes' | 'validator'>>> {
    throwIfCancelled(signal, `looking at ${this.label}`);
    const { sizeBytes } = await readSeekTable(this.#options.path);
    return { path, sizeBytes, validator: await validatorOf(this.#options.path) };
  }

  list(): AsyncIterable<RemoteFile> {
    const message = `${this.label} is one file, with nothing to list`;
    return failingIterable(new ModelError('NOT_IMPLEMENTED', message, { reason: 'list_unsupported' }));
  }

  async open(path: string, options: OpenOptions): Promise<OpenedFile> {
    const { sizeBytes, validator } = await this.stat(path, options.signal);
    checkFound(this.label, { sizeBytes, validator }, options);
    const { offset = 0, length = sizeBytes } = options.range ?? {};
    const stop = new AbortController();
    const signal = AbortSignal.any([options.signal, stop.signal]);
    const { atOnce } = this.#options;
    const table = await readSeekTable(this.#options.path);
    const body = plainBytes(this.#options.path, table, { offset, end: Math.min(sizeBytes, offset + length), atOnce, signal });
    return { offset, totalBytes: sizeBytes, validator, body, cancel: () => stop.abort() };
  }

  async close(): Promise<void> {}
}

async function validatorOf(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs}-${size}-${ino}`;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw fileNotFound(path, error);
    throw fsError(error, `look at ${path}`);
  }
}
