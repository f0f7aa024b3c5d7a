/** Files on a mounted file system: `local://` and `file://`. Never opens a socket. */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { ModelError } from '../../domain/errors.ts';
import { isErrno } from '../../domain/fs-error.ts';
import type { LocallyReadable, OpenedFile, OpenOptions, RemoteFile, StorageBackend } from '../backend.ts';
import { checkPath } from '../check-path.ts';
import { checkFound } from '../file-faults.ts';
import { foldersOf, type LocalPlaces } from './local-url.ts';
import { openFile, validatorOf } from './open-file.ts';
import { readRange } from './read-range.ts';
import { walkFolder } from './walk-folder.ts';

/** Of several folders, the first that exists is the source. @throws ModelError INVALID_CONFIG */
export function createLocalBackend(url: string, places: LocalPlaces): LocalBackend {
  return new LocalBackend({ url, folders: foldersOf(url, places) });
}

/** One file, whatever its path is called. @throws ModelError INVALID_CONFIG */
export function createLocalFileBackend(url: string, places: LocalPlaces): LocalBackend {
  const files = foldersOf(url, places);
  return new LocalBackend({ url, folders: files.map((file) => dirname(file)), file: basename(files[0] ?? url) });
}

export interface LocalSource {
  readonly url: string;
  /** Absolute, in order of precedence. */
  readonly folders: readonly string[];
  /** The one file there is; absent: all below the folder. */
  readonly file?: string;
}

export class LocalBackend implements StorageBackend, LocallyReadable {
  readonly scheme: string;
  readonly label: string;
  readonly #folders: readonly string[];
  readonly #file: string | undefined;

  constructor({ url, folders, file }: LocalSource) {
    this.scheme = url.split(':', 1)[0] ?? '';
    this.label = url;
    this.#folders = folders;
    this.#file = file;
  }

  async stat(path: string, signal: AbortSignal): Promise<Required<Omit<RemoteFile, 'sha256' | 'gitOid' | 'md5'>>> {
    throwIfCancelled(signal, `looking at ${path}`);
    const { handle, stats } = await openFile(await this.#find(path));
    await handle.close();
    return { path, sizeBytes: Number(stats.size), validator: validatorOf(stats) };
  }

  async *list(signal: AbortSignal): AsyncGenerator<RemoteFile> {
    if (this.#file !== undefined) {
      yield await this.stat(this.#file, signal);
      return;
    }
    for await (const path of walkFolder(await this.#folder(), signal)) {
      const stats = await stat(join(await this.#folder(), path), { bigint: true });
      yield { path, sizeBytes: Number(stats.size), validator: validatorOf(stats) };
    }
  }

  async open(path: string, options: OpenOptions): Promise<OpenedFile> {
    const { sizeBytes, validator } = await this.stat(path, options.signal);
    const absolute = await this.#find(path);
    checkFound(absolute, { sizeBytes, validator }, options);
    const { offset, length } = options.range ?? { offset: 0 };
    const end = length === undefined ? sizeBytes : Math.min(sizeBytes, offset + length);
    const cancelled = new AbortController();
    const body = readRange({ path: absolute, validator, offset, end, signal: AbortSignal.any([options.signal, cancelled.signal]) });
    const cancel = () => {
      cancelled.abort();
      // Closes the file where the reader stopped half-way; closing what was only read cannot lose anything.
      body.return(undefined).catch(() => undefined);
    };
    return { offset, totalBytes: sizeBytes, validator, body, cancel };
  }

  localPath(path: string): string {
    const folder = this.#folders.find((candidate) => existsSync(candidate)) ?? this.#folders[0];
    if (folder === undefined) throw this.#nowhere();
    return join(folder, this.#fileNamed(path));
  }

  async close(): Promise<void> {}

  async #find(path: string): Promise<string> {
    const file = this.#fileNamed(path);
    return join(await this.#folder(), file);
  }

  #fileNamed(path: string): string {
    if (this.#file !== undefined) return this.#file;
    checkPath(path);
    return path;
  }

  /** Looked up anew each time: a volume may be mounted, or go, while we run. */
  async #folder(): Promise<string> {
    for (const folder of this.#folders) {
      if (await exists(folder)) return folder;
    }
    throw this.#nowhere();
  }

  #nowhere(): ModelError {
    const looked = this.#folders.length === 0 ? 'no local_roots are configured' : `looked in ${this.#folders.join(', ')}`;
    return new ModelError('SOURCE_UNAVAILABLE', `${this.label} does not exist (${looked})`, {
      reason: 'not_found',
      retryable: false,
      hint: 'put the files there, or name their folder in local_roots',
      details: { folders: this.#folders },
    });
  }
}

async function exists(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
