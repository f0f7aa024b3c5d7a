/** Free space promised to ensures at work, so that two that fit alone but not together are told so at once. */
import { fsyncSync, ftruncateSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { isFileLocked, openLocked } from '../locks/locked-file.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { removePath } from './remove-path.ts';

const DIGITS = 16;

export interface Reservation {
  /** Bytes still to be written; lower it as they land, since they then show in the free space. */
  update(remainingBytes: number): void;
  end(): Promise<void>;
}

export async function reserve(context: StoreContext, bytes: number): Promise<Reservation> {
  const path = context.resolver.stateFile('reservations', context.random.uuid());
  await makeDirectory(context, dirname(path));
  const lock = await openLocked(path, { create: true });
  if (lock === undefined) throw new Error(`a new reservation is held by another process: ${path}`);
  const update = (remaining: number) => {
    try {
      writeSync(lock.fd, String(Math.max(0, Math.round(remaining))).padStart(DIGITS, '0'), 0);
    } catch (error) {
      throw fsError(error, `write the reservation ${path}`);
    }
  };
  const end = async () => {
    try {
      await removePath(path);
    } finally {
      lock.close();
    }
  };
  try {
    ftruncateSync(lock.fd, 0);
    update(bytes);
    fsyncSync(lock.fd);
    return { update, end };
  } catch (error) {
    await end();
    throw fsError(error, `reserve space in ${path}`);
  }
}

/** Bytes that live reservations still promise; those of dead owners are removed in passing. */
export async function reservedBytes(context: StoreContext): Promise<number> {
  let total = 0;
  for (const uuid of listNames(context.resolver.stateDir('reservations'))) {
    const path = context.resolver.stateFile('reservations', uuid);
    if (await isFileLocked(path)) total += readBytes(path);
    else await reap(path);
  }
  return total;
}

/** Free bytes of the volume for this user. */
export function freeBytes(context: StoreContext): number {
  const stats = statfsSync(context.resolver.root);
  return stats.bavail * stats.bsize;
}

async function reap(path: string): Promise<void> {
  const lock = await openLocked(path, { create: false });
  if (lock === undefined) return;
  await removePath(path);
  lock.close();
}

function readBytes(path: string): number {
  try {
    const bytes = Number(readFileSync(path, 'latin1').slice(0, DIGITS));
    return Number.isSafeInteger(bytes) ? bytes : 0;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw fsError(error, `read the reservation ${path}`);
  }
}
