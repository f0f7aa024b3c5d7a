/** A file into the cache, in the layout and the order in which the Hub's client does it. */
import { open, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { makeFolders } from '../../util/make-folders.ts';
import { sweepAbandoned } from '../../util/sweep-abandoned.ts';
import { checkHubFile } from './check-hub-file.ts';
import { type CopyIn, copyIn } from './copy-in.ts';
import { gitBlobId } from './git-id.ts';
import type { HubFile } from './hub-file.ts';
import { fileInside, isInside } from './inside-cache.ts';
import { repoFolder } from './repo-folder.ts';

export interface ProvenBytes {
  /** Absolute. */
  readonly path: string;
  readonly sha256: Sha256;
}

export interface LayDown {
  /** HF_HUB_CACHE, absolute; made where it is not there. */
  readonly directory: string;
  readonly file: HubFile;
  readonly bytes: ProvenBytes;
  /** Free space that a copy must leave on the cache's volume. */
  readonly spareBytes: number;
  /** 8 hex digits that no other process uses. */
  readonly token: string;
  /** False: snapshots hold the files themselves, as on volumes without links. */
  readonly links: boolean;
}

const CACHEDIR_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by huggingface_hub.
# For information about cache directory tags, see:
#\thttps://bford.info/cachedir/
`;

/**
 * Blob, then the snapshot's link to it, then the ref: whoever reads the cache meanwhile finds each whole or not at all, and
 * every ref has its snapshot. What is there already stays as it is.
 * @throws ModelError PATH_UNSAFE, DRIFT where the Hub's file is another one, NO_SPACE, … of the file system
 */
export async function layDown(request: LayDown): Promise<void> {
  const { file, directory } = request;
  checkHubFile(file);
  await checkBytes(request);
  try {
    await makeFolders(directory);
    const root = await realpath(directory);
    await writeOnce(join(root, 'CACHEDIR.TAG'), CACHEDIR_TAG);
    const repo = join(root, repoFolder(file.repoType, file.repoId));
    const blob = await nameInside(root, join(repo, 'blobs', file.etag));
    const pointer = await nameInside(root, join(repo, 'snapshots', file.commit, ...file.path.split('/')));
    if (!(await isThere(pointer))) await makeSnapshotFile(root, { blob, pointer }, request);
    if (file.revision !== file.commit) {
      await writeRef(await nameInside(root, join(repo, 'refs', ...file.revision.split('/'))), request);
      await sweepAbandoned(join(repo, 'refs'), isOurs);
    }
  } catch (error) {
    throw fsError(error, `put ${file.path} into the Hub cache ${directory}`);
  }
}

/** Under a name of the Hub lie the bytes that it stands for, and no others. */
async function checkBytes({ file, bytes: { path, sha256 } }: LayDown): Promise<void> {
  const name = file.etag.length === sha256.length ? sha256 : await gitBlobId(path);
  if (name !== file.etag)
    throw new ModelError('DRIFT', `${file.path} of ${file.repoId} is another file now than the one that is here`, {
      reason: 'other_bytes',
    });
}

/** Makes the folders of a name; a link on the way must not lead out of the cache. */
async function nameInside(root: string, path: string): Promise<string> {
  const folder = dirname(path);
  if (await leadsInside(root, folder)) {
    await makeFolders(folder);
    if (isInside(root, await realpath(folder))) return path;
  }
  throw new ModelError('PATH_UNSAFE', `${folder} leads out of the Hub cache`, { reason: 'link' });
}

/** Of a folder that need not exist, what there is of its way. */
async function leadsInside(root: string, folder: string): Promise<boolean> {
  if (folder === root) return true;
  const real = await realpath(folder).catch(unlessErrno('ENOENT'));
  return real === undefined ? leadsInside(root, dirname(folder)) : isInside(root, real);
}

interface Names {
  readonly blob: string;
  readonly pointer: string;
}

/**
 * Both names come by a rename: several may do this at once. Whether there can be links is tried first, and the link itself is
 * made last: one that a killed process leaves is no file, and `hf cache prune` does not take it away.
 */
async function makeSnapshotFile(root: string, { blob, pointer }: Names, request: LayDown): Promise<void> {
  const link = `${blob}.link-${request.token}.incomplete`;
  const target = relative(dirname(pointer), blob);
  if (!request.links || !(await canLink(target, link))) return copyIn({ ...copyOf(blob, request), destination: pointer });
  await makeBlob(root, blob, request);
  await symlink(target, link);
  await rename(link, pointer).finally(() => rm(link, { force: true }));
}

/** False where the volume has no links, or Windows does not let us make one. */
async function canLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    await rm(path, { force: true });
    return true;
  } catch (error) {
    if (isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) return false;
    throw error;
  }
}

async function makeBlob(root: string, blob: string, request: LayDown): Promise<void> {
  // Asked first: what another lays down after this look is whole, and is replaced by the same. So is a link that leads nowhere.
  if (await isThere(blob)) {
    if ((await fileInside(root, blob, request.file.sizeBytes)) !== undefined) return;
    throw new ModelError('FILESYSTEM_ERROR', `${blob} is there, and is not the file that its name says`, {
      reason: 'blob_wrong',
      hint: 'remove it, or run `hf cache verify`',
    });
  }
  await copyIn({ ...copyOf(blob, request), destination: blob });
}

const copyOf = (blob: string, { file, bytes, spareBytes, token }: LayDown): Omit<CopyIn, 'destination'> => ({
  source: bytes.path,
  temporary: `${blob}.${token}.incomplete`,
  sizeBytes: file.sizeBytes,
  spareBytes,
});

/** The client takes whatever lies in `refs` for a ref: what a killed process of ours left there must go. Its own ends in `.tmp` too. */
const isOurs = (name: string): boolean => /\.wan-[0-9a-f]{8}\.tmp$/.test(name);

async function writeRef(path: string, { file, token }: LayDown): Promise<void> {
  if ((await readFile(path, 'utf8').catch(unlessErrno('ENOENT'))) === file.commit) return;
  const temporary = `${path}.wan-${token}.tmp`;
  await writeFile(temporary, file.commit);
  await rename(temporary, path).finally(() => rm(temporary, { force: true }));
}

async function writeOnce(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx').catch(unlessErrno('EEXIST'));
  if (handle === undefined) return;
  await handle.writeFile(text).finally(() => handle.close());
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(unlessErrno('ENOENT', 'ENOTDIR'))) !== undefined;

const unlessErrno =
  (...names: readonly string[]) =>
  (error: unknown): undefined => {
    if (!isErrno(error, ...names)) throw error;
    return undefined;
  };
