/** Space promised to ensures at work, so that two that fit alone but not together are told so at once. */
import { fsyncSync, ftruncateSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { isFileAbandoned, isFileLocked, openLocked } from '../locks/locked-file.ts';
import { writeWhole } from '../util/write-whole.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import { removePath } from './remove-path.ts';
import { volumeSpace } from './volume-space.ts';

/** Of the bytes still to be written, which change at every step; what follows them is written when it changes. */
const DIGITS = 16;

export interface Promised {
  /** Bytes still to be written. */
  readonly bytes: number;
  /** By family: what its models will hold more than now. */
  readonly families: Readonly<Record<string, number>>;
}

export const NOTHING_PROMISED: Promised = { bytes: 0, families: {} };

export interface Reservation {
  /** Bytes still to be written; lower it as they land, since they then show in the free space. */
  update(remainingBytes: number): void;
  /** Takes a part out of it, for a reservation of its own. Call under the state lock. */
  give(part: Promised): void;
  end(): Promise<void>;
}

export async function reserve(context: StoreContext, promised: Promised): Promise<Reservation> {
  const path = context.resolver.stateFile('reservations', context.random.uuid());
  await makeDirectory(context, dirname(path));
  const lock = await openLocked(path, { create: true });
  if (lock === undefined) throw new Error(`a new reservation is held by another process: ${path}`);
  let { bytes, families } = promised;
  const write = (text: string) => {
    try {
      writeWhole(lock.fd, Buffer.from(text), 0);
    } catch (error) {
      throw fsError(error, `write the reservation ${path}`);
    }
  };
  const writeAll = () => {
    const text = `${digits(bytes)}${encodeRecord({ families })}`;
    write(text);
    ftruncateSync(lock.fd, Buffer.byteLength(text));
  };
  const end = async () => {
    try {
      await removePath(path);
    } finally {
      lock.close();
    }
  };
  try {
    writeAll();
    fsyncSync(lock.fd);
  } catch (error) {
    await end();
    throw fsError(error, `reserve space in ${path}`);
  }
  return {
    update: (remainingBytes) => {
      bytes = remainingBytes;
      write(digits(bytes));
    },
    give: (part) => {
      bytes = Math.max(0, bytes - part.bytes);
      families = Object.fromEntries(Object.entries(families).map(([name, gain]) => [name, Math.max(0, gain - (part.families[name] ?? 0))]));
      writeAll();
    },
    end,
  };
}

const digits = (bytes: number): string => String(Math.max(0, Math.round(bytes))).padStart(DIGITS, '0');

/** What live reservations still promise, in one. Changes nothing. */
export async function promisedSpace(context: StoreContext): Promise<Promised> {
  let bytes = 0;
  const families: Record<string, number> = {};
  for (const path of reservationFiles(context)) {
    if (!(await isFileLocked(path))) continue;
    const promised = readPromised(path);
    bytes += promised.bytes;
    for (const [family, gain] of Object.entries(promised.families)) families[family] = (families[family] ?? 0) + gain;
  }
  return { bytes, families };
}

/** Whether somebody died with one, or could not remove it. */
export async function hasDeadReservations(context: StoreContext): Promise<boolean> {
  for (const path of reservationFiles(context)) if (await isFileAbandoned(path)) return true;
  return false;
}

/** Of the volume, for this user. */
export const freeBytes = ({ resolver }: StoreContext): number => volumeSpace(resolver.root).freeBytes;

const reservationFiles = ({ resolver }: StoreContext): string[] =>
  listNames(resolver.stateDir('reservations')).map((uuid) => resolver.stateFile('reservations', uuid));

/** Of one without its second part (torn, or of an older version) the first counts. */
function readPromised(path: string): Promised {
  try {
    const text = readFileSync(path, 'utf8');
    const bytes = Number(text.slice(0, DIGITS));
    const { families } = decodeRecord<Pick<Promised, 'families'>>(text.slice(DIGITS)) ?? NOTHING_PROMISED;
    return { bytes: Number.isSafeInteger(bytes) ? bytes : 0, families };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return NOTHING_PROMISED;
    throw fsError(error, `read the reservation ${path}`);
  }
}
