/** An entry comes into being whole or not at all. */
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { makeFolders } from '../../util/make-folders.ts';
import { entryPath, unfinishedPath } from './entry-folder.ts';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
/** See bford.info/cachedir: programs that save a home directory leave out a folder with this file. */
const TAG = 'CACHEDIR.TAG';
const TAG_TEXT =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Text embeddings of wan-models: they are computed anew where they are missing.\n';

export async function makeCacheFolder(directory: string): Promise<void> {
  try {
    if ((await makeFolders(directory, PRIVATE_FOLDER)).length === 0) return;
    await writeFile(join(directory, TAG), TAG_TEXT, { flag: 'wx' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw fsError(error, `make the folder ${directory}`);
  }
}

export interface NewEntry {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** In the name of the unfinished file: no other writer has it. */
  readonly unique: string;
}

/** Killed before the rename it leaves a file that no reader looks at; power lost after it, at worst one whose bytes do not prove themselves. */
export async function writeEntry(directory: string, { id, bytes, unique }: NewEntry): Promise<void> {
  const unfinished = unfinishedPath(directory, id, unique);
  try {
    await writeSynced(unfinished, bytes);
    await rename(unfinished, entryPath(directory, id));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw fsError(error, `write the text embedding ${entryPath(directory, id)}`);
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', PRIVATE_FILE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
