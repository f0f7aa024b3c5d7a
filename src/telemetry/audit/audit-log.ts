/** Appending to the log: under a lock, on disk before it is acknowledged, never changing what is there. */
import { dirname } from 'node:path';
import type { AuditEntry, AuditMark } from '../../domain/audit.ts';
import { isModelError } from '../../domain/errors.ts';
import type { Clock, Random } from '../../domain/world.ts';
import { LockManager } from '../../locks/lock-manager.ts';
import { makeRealDirectory } from '../../resolver/safe-path.ts';
import { syncDirectory } from '../../store/durable.ts';
import { type EncodedLine, encodeLine, sha256 } from './chain.ts';
import { appendToSegment, type Head, nextSegment, writeHead } from './segments.ts';
import { readTail, type Tail } from './tail.ts';

export interface AuditLogOptions {
  /** Absolute. */
  readonly directory: string;
  /** That is made no folder through a link; of a log outside of the store the folder above. */
  readonly root: string;
  /** Whether it lies in the store, and belongs to it. */
  readonly isInStore: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Size from which on the next file is begun. */
  readonly segmentBytes?: number;
}

const LOCK = { name: 'the audit log', path: 'audit.lock' };
const LOCK_TIMEOUT_MS = 30_000;
const SEGMENT_BYTES = 16 * 1024 * 1024;

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #locks: LockManager;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    const { clock, random, directory } = options;
    this.#locks = new LockManager({ clock, random, lockDir: directory });
  }

  get directory(): string {
    return this.#options.directory;
  }

  get isInStore(): boolean {
    return this.#options.isInStore;
  }

  /** @returns the last line @throws ModelError where it cannot be written; then nothing of it counts */
  async append(entries: readonly AuditEntry[]): Promise<AuditMark> {
    const { directory, root } = this.#options;
    for (const made of await makeRealDirectory(directory, root)) await syncDirectory(dirname(made));
    const lease = await this.#locks.acquire(LOCK, { timeoutMs: LOCK_TIMEOUT_MS, doing: 'write the audit log' });
    try {
      return await this.#appendLocked(entries);
    } finally {
      await lease.release();
    }
  }

  async #appendLocked(entries: readonly AuditEntry[]): Promise<AuditMark> {
    const { directory, segmentBytes = SEGMENT_BYTES } = this.#options;
    const tail = readTail(directory);
    const { text, last } = linesAfter(tail, entries);
    const isFull = tail.bytes >= segmentBytes && tail.torn.length === 0;
    const file = tail.file === undefined || isFull ? nextSegment(tail.file) : tail.file;
    await appendToSegment(directory, file, text);
    const bytes = (file === tail.file ? tail.bytes : 0) + Buffer.byteLength(text);
    await this.#note({ seq: last.seq, hash: last.hash, file, bytes });
    return { seq: last.seq, hash: last.hash };
  }

  /** The lines are on record without it: the next writer, and every verification, finds them after the last one that was noted. */
  async #note(head: Head): Promise<void> {
    try {
      await writeHead(this.#options.directory, head);
    } catch (error) {
      if (!isModelError(error)) throw error;
    }
  }
}

/** What a killed writer left stays where it is, ends here, and is told of by a line. */
function linesAfter(tail: Tail, entries: readonly AuditEntry[]): { readonly text: string; readonly last: AuditMark } {
  const [first] = entries;
  if (first === undefined) throw new Error('nothing is to be written to the audit log');
  const isTorn = tail.torn.length > 0;
  const lines: EncodedLine[] = [];
  for (const entry of isTorn ? [mended(first, tail.torn), ...entries] : entries) lines.push(encodeLine(entry, lines.at(-1) ?? tail.last));
  const last = lines.at(-1) ?? tail.last;
  const lineBreak = isTorn && !endsWithLineBreak(tail.torn) ? '\n' : '';
  return { text: `${lineBreak}${lines.map((line) => `${line.text}\n`).join('')}`, last };
}

function mended({ time, actor, correlation_id }: AuditEntry, torn: Buffer): AuditEntry {
  return { time, act: 'audit.mended', outcome: 'ok', actor, correlation_id, facts: tornFacts(torn) };
}

/** What tells the bytes of a torn line, without the line break that ends them. */
export function tornFacts(torn: Buffer): { readonly torn_bytes: number; readonly torn_sha256: string } {
  const bytes = endsWithLineBreak(torn) ? torn.subarray(0, -1) : torn;
  return { torn_bytes: bytes.length, torn_sha256: sha256(bytes) };
}

const endsWithLineBreak = (bytes: Buffer): boolean => bytes.at(-1) === 0x0a;
