/** Every file below a folder of somebody else: links are followed, each folder is entered once, what cannot be read is told and left out. */
import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { ScanOptions } from './found-file.ts';

export interface WalkedFile {
  /** From the folder, `/`-separated. */
  readonly below: string;
  /** Absolute, without any link. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly id: string;
}

export async function* walkFiles(folder: string, options: ScanOptions): AsyncGenerator<WalkedFile> {
  yield* walk({ path: folder, prefix: '', entered: new Set() }, options);
}

interface Level {
  readonly path: string;
  readonly prefix: string;
  /** Folders by device and inode. */
  readonly entered: Set<string>;
}

async function* walk({ path, prefix, entered }: Level, options: ScanOptions): AsyncGenerator<WalkedFile> {
  throwIfCancelled(options.signal, `listing ${path}`);
  for (const name of await unlessUnreadable(path, options, async () => (await readdir(path)).sort(), [])) {
    const child = join(path, name);
    const found = await unlessUnreadable(child, options, () => look(child), undefined);
    if (found === undefined) continue;
    const { real, stats } = found;
    const id = `${stats.dev}:${stats.ino}`;
    if (stats.isFile()) yield { below: prefix + name, path: real, sizeBytes: Number(stats.size), id };
    else if (stats.isDirectory() && !entered.has(id)) {
      entered.add(id);
      yield* walk({ path: real, prefix: `${prefix}${name}/`, entered }, options);
    }
  }
}

const look = async (path: string): Promise<{ real: string; stats: BigIntStats }> => {
  const real = await realpath(path);
  return { real, stats: await stat(real, { bigint: true }) };
};

/** Also a link that leads nowhere, and what was removed meanwhile. */
export async function unlessUnreadable<T>(path: string, options: ScanOptions, act: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    options.onUnreadable(path, error);
    return otherwise;
  }
}
