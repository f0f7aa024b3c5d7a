/** Files in memory, with faults on order: for tests of whatever stands above a backend. */
import { cancelledError, throwIfCancelled } from '../../domain/cancelled.ts';
import type { ModelError } from '../../domain/errors.ts';
import type { OpenedFile, OpenOptions, RemoteFile, StorageBackend } from '../backend.ts';
import { checkPath } from '../check-path.ts';
import { checkFound, fileNotFound } from '../file-faults.ts';

const CHUNK_BYTES = 64 * 1024;

interface StoredFile {
  readonly bytes: Uint8Array;
  readonly validator: string;
}

export interface MemoryFault {
  readonly path: string;
  readonly error: () => ModelError;
  /** Body bytes given before the error; absent: `open` itself fails. */
  readonly afterBytes?: number;
  /** Uses; default 1. */
  readonly times?: number;
}

export class MemoryBackend implements StorageBackend {
  readonly scheme = 'memory';
  readonly label: string;
  /** Calls of `open`, failed ones included. */
  openCount = 0;
  /** Bodies neither read to their end nor cancelled. */
  openBodies = 0;
  readonly #files = new Map<string, StoredFile>();
  readonly #faults: (MemoryFault & { left: number })[] = [];
  #version = 0;

  constructor(files: Readonly<Record<string, Uint8Array | string>> = {}, label = 'memory://test') {
    this.label = label;
    for (const [path, bytes] of Object.entries(files)) this.put(path, bytes);
  }

  put(path: string, bytes: Uint8Array | string): void {
    this.#files.set(path, { bytes: Buffer.from(bytes), validator: `v${++this.#version}` });
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  fail(fault: MemoryFault): void {
    this.#faults.push({ ...fault, left: fault.times ?? 1 });
  }

  async stat(path: string, signal: AbortSignal): Promise<RemoteFile> {
    throwIfCancelled(signal, `looking at ${path}`);
    const { bytes, validator } = this.#find(path);
    return { path, sizeBytes: bytes.length, validator };
  }

  async *list(signal: AbortSignal): AsyncGenerator<RemoteFile> {
    for (const path of [...this.#files.keys()].sort()) yield await this.stat(path, signal);
  }

  async open(path: string, options: OpenOptions): Promise<OpenedFile> {
    this.openCount++;
    throwIfCancelled(options.signal, `opening ${path}`);
    const fault = this.#nextFault(path);
    if (fault !== undefined && fault.afterBytes === undefined) throw fault.error();
    const { bytes, validator } = this.#find(path);
    checkFound(path, { sizeBytes: bytes.length, validator }, options);
    const { offset, length = bytes.length } = options.range ?? { offset: 0 };
    const body = new MemoryBody({
      bytes: bytes.subarray(offset, offset + length),
      signal: options.signal,
      fault,
      onEnd: () => this.openBodies--,
    });
    this.openBodies++;
    return { offset, totalBytes: bytes.length, validator, body, cancel: () => body.cancel() };
  }

  async close(): Promise<void> {}

  #find(path: string): StoredFile {
    checkPath(path);
    const file = this.#files.get(path);
    if (file === undefined) throw fileNotFound(path);
    return file;
  }

  #nextFault(path: string): MemoryFault | undefined {
    const fault = this.#faults.find((armed) => armed.path === path && armed.left > 0);
    if (fault !== undefined) fault.left--;
    return fault;
  }
}

interface MemoryBodyOptions {
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal;
  readonly fault: MemoryFault | undefined;
  readonly onEnd: () => void;
}

class MemoryBody implements AsyncIterable<Uint8Array> {
  readonly #options: MemoryBodyOptions;
  readonly #cancelled = new AbortController();
  #ended = false;

  constructor(options: MemoryBodyOptions) {
    this.#options = options;
  }

  cancel(): void {
    this.#cancelled.abort();
    this.#end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { bytes, fault, signal } = this.#options;
    const stop = AbortSignal.any([signal, this.#cancelled.signal]);
    const end = Math.min(bytes.length, fault?.afterBytes ?? bytes.length);
    try {
      for (let at = 0; at < end; at += CHUNK_BYTES) {
        // A turn of the event loop, as any real source takes.
        await new Promise(setImmediate);
        if (stop.aborted) throw cancelledError(signal.aborted ? signal : stop, 'reading from memory');
        yield bytes.subarray(at, Math.min(end, at + CHUNK_BYTES));
      }
      if (fault !== undefined) throw fault.error();
    } finally {
      this.#end();
    }
  }

  #end(): void {
    if (!this.#ended) this.#options.onEnd();
    this.#ended = true;
  }
}
