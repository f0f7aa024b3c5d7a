/** The files of a bundle as a source, each by its digest. */
import type { Sha256 } from '../../domain/digest.ts';
import type { OpenedFile, OpenOptions, RemoteFile, StorageBackend } from '../backend.ts';
import { checkFound, fileNotFound } from '../file-faults.ts';
import { readBytes } from './bundle-bytes.ts';
import { bytesAt, entriesOf } from './bundle-layout.ts';
import type { Bundle } from './open-bundle.ts';

interface Place {
  readonly offset: number;
  readonly sizeBytes: number;
}

export class BundleBackend implements StorageBackend {
  readonly scheme = 'bundle';
  readonly label: string;
  readonly #bundle: Bundle;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(bundle: Bundle) {
    this.#bundle = bundle;
    this.label = `bundle://${bundle.bytes.path}`;
    this.#places = placesOf(bundle);
  }

  async stat(path: string): Promise<RemoteFile & Required<Pick<RemoteFile, 'sizeBytes' | 'validator'>>> {
    const place = this.#places.get(path);
    if (place === undefined) throw fileNotFound(`${this.label} ${path}`);
    return { path, sizeBytes: place.sizeBytes, validator: this.#bundle.indexSha256 };
  }

  async *list(): AsyncGenerator<RemoteFile> {
    for (const path of this.#places.keys()) yield this.stat(path);
  }

  async open(path: string, options: OpenOptions): Promise<OpenedFile> {
    const { sizeBytes, validator } = await this.stat(path);
    checkFound(`${this.label} ${path}`, { sizeBytes, validator }, options);
    const start = this.#places.get(path)?.offset ?? 0;
    const { offset, length = sizeBytes - offset } = options.range ?? { offset: 0 };
    const stopped = new AbortController();
    const signal = AbortSignal.any([options.signal, stopped.signal]);
    const stretch = { offset: start + offset, sizeBytes: Math.min(length, sizeBytes - offset) };
    const body = readBytes(this.#bundle.bytes, stretch, signal);
    return {
      offset,
      totalBytes: sizeBytes,
      validator,
      body,
      cancel: () => {
        stopped.abort();
        body.return(undefined).catch(() => undefined);
      },
    };
  }

  async close(): Promise<void> {}
}

function placesOf({ index, indexBytes }: Bundle): ReadonlyMap<string, Place> {
  const places = new Map<Sha256, Place>();
  for (const entry of entriesOf(indexBytes, index.blobs))
    if (entry.sha256 !== undefined) places.set(entry.sha256, { offset: bytesAt(entry), sizeBytes: entry.sizeBytes });
  return places;
}
