/** Replacing a file that is no record of the store: by a name beside it, fsynced, renamed. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fsError } from '../domain/fs-error.ts';
import { syncDirectory } from './durable.ts';

/** What a writer leaves that was killed before its rename; a living one is done in far less. */
const ABANDONED_MS = 3600_000;

export interface AtomicWriteOptions {
  /** Kept as it is where absent, of a file that is there. */
  readonly mode?: number | undefined;
  /** Right before the rename; throws where it must not be. */
  readonly check?: () => void;
}

/** The whole new file or the whole old one is there at each moment, and after a power loss. @throws ModelError of the file system, or of `check` */
export async function writeFileAtomically(path: string, bytes: Uint8Array, { mode, check }: AtomicWriteOptions = {}): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, bytes, mode ?? statSync(path, { throwIfNoEntry: false })?.mode);
    check?.();
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    await removeAbandoned(dirname(path), basename(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fsError(error, `write ${path}`);
  }
}

async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !/\.[0-9a-f-]{36}\.tmp$/.test(entry)) continue;
    const path = join(folder, entry);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

async function writeSynced(path: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    // Said outright: what `open` is told, the umask cuts.
    if (mode !== undefined) await handle.chmod(mode & 0o777);
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
