/**
 * What was answered to requests that may be repeated, one record a key. While a request is under way its owner holds the kernel lock on the record's
 * file, so that a dead one's is told from a living one's; the answer replaces that file in one step.
 */
import { fsyncSync, ftruncateSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fsError } from '../domain/fs-error.ts';
import { type LockedFile, openLocked } from '../locks/locked-file.ts';
import { writeWhole } from '../util/write-whole.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { openStore } from './open-store.ts';
import { encodeRecord, readRecord, writeRecord } from './record.ts';
import { removePath } from './remove-path.ts';

export interface KeptAnswer {
  readonly status: number;
  /** Lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface IdempotencyRecord {
  readonly schema: 'wan.idempotency/v1';
  /** Of the request. */
  readonly fingerprint: string;
  /** Absent: it was begun. */
  readonly answer?: KeptAnswer;
}

export interface Claim {
  /** Durable on return. */
  finish(answer: KeptAnswer): Promise<void>;
  /** As if it had never been asked. */
  release(): Promise<void>;
}

export type Claimed = { readonly claim: Claim } | { readonly answer: KeptAnswer } | 'under_way' | 'other_request';

const KEPT_MS = 24 * 3_600_000;
const KEPT = 1000;
const SWEEP_MS = 60_000;

export class IdempotencyRecords {
  readonly #context: StoreContext;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /**
   * A request that died with its process is begun again by whoever repeats it.
   * @param key 64 hex digits: nobody finds what the caller sent in it
   */
  async claim(key: string, fingerprint: string): Promise<Claimed> {
    await openStore(this.#context);
    await this.#sweep();
    const path = this.#context.resolver.stateFile('idempotency', key);
    await makeDirectory(this.#context, dirname(path));
    const lock = await openLocked(path, { create: true });
    try {
      return await this.#claimed(path, lock, fingerprint);
    } catch (error) {
      lock?.close();
      throw error;
    }
  }

  async #claimed(path: string, lock: LockedFile | undefined, fingerprint: string): Promise<Claimed> {
    const known = this.#read(path);
    if (known === undefined || known.fingerprint === fingerprint) {
      if (known?.answer !== undefined) return done(lock, { answer: known.answer });
      return lock === undefined ? 'under_way' : { claim: await this.#begin(path, lock, fingerprint) };
    }
    return done(lock, 'other_request');
  }

  #read(path: string): IdempotencyRecord | undefined {
    const record = readRecord<IdempotencyRecord>(path);
    return record?.schema === 'wan.idempotency/v1' && !this.#isOver(path) ? record : undefined;
  }

  #isOver(path: string): boolean {
    const mtimeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return mtimeMs !== undefined && this.#context.clock.now() - mtimeMs > KEPT_MS;
  }

  async #begin(path: string, lock: LockedFile, fingerprint: string): Promise<Claim> {
    const begun: IdempotencyRecord = { schema: 'wan.idempotency/v1', fingerprint };
    try {
      ftruncateSync(lock.fd, 0);
      writeWhole(lock.fd, Buffer.from(`${encodeRecord(begun)}\n`), 0);
      fsyncSync(lock.fd);
      await syncDirectory(dirname(path));
    } catch (error) {
      throw fsError(error, `write ${path}`);
    }
    return {
      finish: async (answer) => {
        try {
          await writeRecord(this.#context, path, { ...begun, answer }, { durable: true });
        } finally {
          lock.close();
        }
      },
      release: async () => {
        try {
          await removePath(path);
        } finally {
          lock.close();
        }
      },
    };
  }

  /** What is old, and of too many the oldest; never one that is under way. */
  async #sweep(): Promise<void> {
    const now = this.#context.clock.monotonic();
    if (now - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = now;
    const paths = listNames(this.#context.resolver.stateDir('idempotency')).map((name) =>
      this.#context.resolver.stateFile('idempotency', name),
    );
    const aged = paths
      .flatMap((path) => {
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats === undefined ? [] : [{ path, mtimeMs: stats.mtimeMs }];
      })
      .sort((a, b) => b.mtimeMs - a.mtimeMs);
    for (const [at, { path }] of aged.entries()) if (at >= KEPT || this.#isOver(path)) await removeUnlessUnderWay(path);
  }
}

async function removeUnlessUnderWay(path: string): Promise<void> {
  using lock = await openLocked(path, { create: false });
  if (lock !== undefined) await removePath(path);
}

function done<T>(lock: LockedFile | undefined, result: T): T {
  lock?.close();
  return result;
}
