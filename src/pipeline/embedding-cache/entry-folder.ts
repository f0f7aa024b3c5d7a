/** The folder of entries: what lies there, and what has to go so that a new one has room. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fsError, isErrno } from '../../domain/fs-error.ts';

const ENTRY = /^(?<id>[0-9a-f]{64})\.safetensors$/;
const UNFINISHED = /^[0-9a-f]{64}\.[0-9a-z-]+\.tmp$/;
/** No writer takes this long from its first byte to its rename. */
const ABANDONED_MS = 3600_000;

export interface FolderFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Last use of an entry, last write of an unfinished file; milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** Absent: not renamed yet. */
  readonly id?: string;
}

export const entryPath = (directory: string, id: string): string => join(directory, `${id}.safetensors`);

export const unfinishedPath = (directory: string, id: string, unique: string): string => join(directory, `${id}.${unique}.tmp`);

/** Ours by their names; other files in the folder are nobody's business here. Empty where there is no folder. */
export async function listFolder(directory: string): Promise<readonly FolderFile[]> {
  const files = (await namesIn(directory)).map(async (name): Promise<FolderFile | undefined> => {
    const id = ENTRY.exec(name)?.groups?.id;
    if (id === undefined && !UNFINISHED.test(name)) return undefined;
    const path = join(directory, name);
    const stats = await statOrNothing(path);
    return stats && { path, sizeBytes: stats.size, mtimeMs: stats.mtimeMs, ...(id !== undefined && { id }) };
  });
  return (await Promise.all(files)).filter((file) => file !== undefined);
}

/** What goes: what dead writers left, then the entries that were not used for longest, until `neededBytes` more are within the bound. Pure. */
export function planEviction(files: readonly FolderFile[], { neededBytes, maxBytes, nowMs }: EvictionGoal): readonly FolderFile[] {
  const abandoned = files.filter(({ id, mtimeMs }) => id === undefined && nowMs - mtimeMs > ABANDONED_MS);
  const entries = files.filter(({ id }) => id !== undefined).sort((a, b) => a.mtimeMs - b.mtimeMs || (a.path < b.path ? -1 : 1));
  let excess = sumOf(files) - sumOf(abandoned) + neededBytes - maxBytes;
  const evicted = entries.filter(({ sizeBytes }) => {
    if (excess <= 0) return false;
    excess -= sizeBytes;
    return true;
  });
  return [...abandoned, ...evicted];
}

export interface EvictionGoal {
  readonly neededBytes: number;
  readonly maxBytes: number;
  /** Wall clock. */
  readonly nowMs: number;
}

/** @returns whether the new bytes are within the bound now; false where a file would not go */
export async function makeRoom(directory: string, goal: EvictionGoal): Promise<boolean> {
  const files = await listFolder(directory);
  const going = new Set(planEviction(files, goal));
  const left = files.filter((file) => !going.has(file));
  for (const file of going) if (!(await remove(file.path))) left.push(file);
  return sumOf(left) + goal.neededBytes <= goal.maxBytes;
}

/** A reader that has it open goes on reading; on Windows it may keep the file. @returns whether it is gone */
export async function remove(path: string): Promise<boolean> {
  try {
    await rm(path, { force: true });
    return true;
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EACCES', 'EBUSY', 'EROFS')) return false;
    throw fsError(error, `remove ${path}`);
  }
}

export const sumOf = (files: readonly FolderFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw fsError(error, `list ${directory}`);
  }
}

async function statOrNothing(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}
