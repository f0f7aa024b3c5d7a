/**
 * Records that live exactly as long as the kernel lock on their file, which their owner holds: intents, leases, reservations. A line is what
 * the owner began with; each further line is what it added.
 */
import { existsSync, fsync, fsyncSync, ftruncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { isFileAbandoned, isFileLocked, openLocked } from '../locks/locked-file.ts';
import { writeWhole } from '../util/write-whole.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { encodeRecord, readRecords } from './record.ts';
import { removePath } from './remove-path.ts';

export type LivingKind = 'intents' | 'leases' | 'reservations';

const syncFile = promisify(fsync);

export interface LivingRecord {
  readonly uuid: string;
  /** Durable once this resolves. @throws ModelError NO_SPACE and the like; then nothing was added. */
  add(more: object): Promise<void>;
  /** May be called more than once. */
  end(): Promise<void>;
}

/** On a full volume a lease stays without a word in it: locked, it may be of any model, and keeps all of them. */
const servesEmpty = (kind: LivingKind, error: unknown): boolean => kind === 'leases' && isErrno(error, 'ENOSPC', 'EDQUOT');

/** Durable on return, and alive until it is ended or this process is. */
export async function beginLiving(context: StoreContext, kind: LivingKind, body: object): Promise<LivingRecord> {
  const uuid = context.random.uuid();
  const path = context.resolver.stateFile(kind, uuid);
  await makeDirectory(context, dirname(path));
  const lock = await openLocked(path, { create: true });
  if (lock === undefined) throw new Error(`a new record is held by another process: ${path}`);
  const lines = new Lines(lock.fd);
  try {
    ftruncateSync(lock.fd, 0);
    lines.put(body);
    fsyncSync(lock.fd);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!servesEmpty(kind, error)) {
      using _lock = lock;
      await removePath(path);
      throw fsError(error, `write ${path}`);
    }
    ftruncateSync(lock.fd, 0);
  }
  let ended = false;
  return {
    uuid,
    add: async (more) => {
      try {
        lines.put(more);
        await syncFile(lock.fd);
      } catch (error) {
        throw fsError(error, `add to ${path}`);
      }
    },
    end: async () => {
      if (ended) return;
      ended = true;
      try {
        await removePath(path);
      } finally {
        lock.close();
      }
    },
  };
}

/** Whole lines, one after another; of one that does not fit nothing stays. */
class Lines {
  readonly #fd: number;
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  put(body: object): void {
    const line = Buffer.from(`${encodeRecord(body)}\n`);
    try {
      writeWhole(this.#fd, line, this.#length);
    } catch (error) {
      ftruncateSync(this.#fd, this.#length);
      throw error;
    }
    this.#length += line.length;
  }
}

/** What it was begun with, and what was added. */
export type LivingLines<T> = readonly [T, ...T[]];

/** Those whose owner lives; undefined for one that does not check: its owner is still writing it, or it was damaged. */
export async function livingRecords<T extends object>(context: StoreContext, kind: LivingKind): Promise<(LivingLines<T> | undefined)[]> {
  const living: (LivingLines<T> | undefined)[] = [];
  for (const uuid of livingIds(context, kind)) {
    const path = context.resolver.stateFile(kind, uuid);
    if (await isFileLocked(path)) living.push(...(await readLiving<T>(path)));
  }
  return living;
}

const BEGINNING_PAUSE_MS = 5;
const BEGINNING_RETRIES = 4;

/** Nothing where its owner has just ended it; one whose owner has just begun it is waited for. */
async function readLiving<T extends object>(path: string): Promise<[] | [LivingLines<T> | undefined]> {
  for (let retry = 0; ; retry++) {
    const [first, ...added] = readRecords<T>(path);
    if (first !== undefined) return [[first, ...added]];
    if (!existsSync(path)) return [];
    if (retry === BEGINNING_RETRIES) return [undefined];
    await sleep(BEGINNING_PAUSE_MS);
  }
}

/** Removes those of dead owners. */
export async function reapLiving(context: StoreContext, kind: LivingKind): Promise<void> {
  for (const uuid of livingIds(context, kind)) {
    const path = context.resolver.stateFile(kind, uuid);
    using lock = await openLocked(path, { create: false });
    if (lock !== undefined) await removePath(path);
  }
}

/** Whether an owner died without ending its record. */
export async function hasAbandoned(context: StoreContext, kind: LivingKind): Promise<boolean> {
  for (const uuid of livingIds(context, kind)) {
    if (await isFileAbandoned(context.resolver.stateFile(kind, uuid))) return true;
  }
  return false;
}

/** Also those of dead owners. */
export const livingIds = (context: StoreContext, kind: LivingKind): string[] => listNames(context.resolver.stateDir(kind));
