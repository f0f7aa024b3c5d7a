import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';

/** Every regular file under a folder, in the order of names; links are followed, but never round in a circle. */
export async function* walkFolder(root: string, signal: AbortSignal): AsyncGenerator<string> {
  yield* walk({ root, prefix: '', above: [await realpath(root)] }, signal);
}

interface Level {
  readonly root: string;
  /** Of the paths given out: '' or `a/b/`. */
  readonly prefix: string;
  /** Real paths of this folder and of those above it. */
  readonly above: readonly string[];
}

async function* walk(level: Level, signal: AbortSignal): AsyncGenerator<string> {
  throwIfCancelled(signal, `listing ${level.root}`);
  const folder = join(level.root, level.prefix);
  for (const entry of await entriesOf(folder)) {
    const path = level.prefix + entry.name;
    const kind = await kindOf(entry, join(folder, entry.name));
    if (kind === 'file') yield path;
    if (kind !== 'folder') continue;
    const real = await realpath(join(folder, entry.name));
    if (!level.above.includes(real)) yield* walk({ root: level.root, prefix: `${path}/`, above: [...level.above, real] }, signal);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fsError(error, `list ${folder}`);
  }
}

/** Undefined for pipes, sockets, devices and links that lead nowhere. */
async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | undefined> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (!entry.isSymbolicLink()) return undefined;
  try {
    const target = await stat(path);
    return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return undefined;
    throw fsError(error, `list ${path}`);
  }
}
