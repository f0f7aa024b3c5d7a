/** Identity of an inode's content as the file system tells it: see docs/store-format.md, "Identity of an inode". */
import { type BigIntStats, lstatSync } from 'node:fs';
import { fsError, isErrno } from '../domain/fs-error.ts';

export interface StatKey {
  readonly sizeBytes: number;
  /** Decimal strings: inode numbers and nanoseconds pass 2^53. */
  readonly ino: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

/** `touched`: only ctime moved (a link, chmod or rename). */
export type KeyComparison = 'same' | 'touched' | 'modified' | 'size';

/** Never follows a link; undefined when nothing has the name, also where a file is in the place of a folder of it. */
export function readStatKey(path: string): StatKey | undefined {
  const stats = lstatOrNothing(path);
  return stats && keyOfStats(stats);
}

/** As {@link readStatKey}, with all that the file system tells. */
export function lstatOrNothing(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}

export const keyOfStats = (stat: BigIntStats): StatKey => ({
  sizeBytes: Number(stat.size),
  ino: String(stat.ino),
  mtimeNs: String(stat.mtimeNs),
  ctimeNs: String(stat.ctimeNs),
});

export function compareKeys(recorded: StatKey, actual: StatKey): KeyComparison {
  if (recorded.sizeBytes !== actual.sizeBytes) return 'size';
  if (recorded.ino !== actual.ino || recorded.mtimeNs !== actual.mtimeNs) return 'modified';
  return recorded.ctimeNs === actual.ctimeNs ? 'same' : 'touched';
}

/** Whether it has the bytes of before; what is written to meanwhile is other bytes. */
export const isUntouched = (before: StatKey, now: StatKey): boolean => ['same', 'touched'].includes(compareKeys(before, now));
