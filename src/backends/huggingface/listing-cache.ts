/**
 * Listings of commits on disk, one file each: a commit's files never change, so that a pinned revision is asked for once on a
 * machine. What cannot be read, is of another version or another Hub is as good as absent.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { makeFolders } from '../../util/make-folders.ts';
import { sweepAbandoned } from '../../util/sweep-abandoned.ts';
import { asTable, type JsonTable } from '../json-table.ts';
import { filesOfTree, type HubEntry, type HubListing } from './hub-listing.ts';
import type { HubRepo } from './hub-url.ts';

export interface ListingCacheOptions {
  /** Absolute; made when the first listing is kept. Absent: nothing is kept. */
  readonly directory?: string | undefined;
  readonly endpoint: URL;
}

const FORMAT_VERSION = 1;
/** A volume that takes no more, or nothing at all, costs one request a run; nothing else is lost. */
const UNWRITABLE = ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'] as const;

export class ListingCache {
  readonly #directory: string | undefined;
  readonly #endpoint: string;

  constructor({ directory, endpoint }: ListingCacheOptions) {
    this.#directory = directory;
    this.#endpoint = endpoint.href;
  }

  /** @throws ModelError of the file system */
  async read(repo: HubRepo, commit: string): Promise<HubListing | undefined> {
    if (this.#directory === undefined) return undefined;
    const text = await readText(join(this.#directory, fileName(repo, commit)));
    const { format_version: version, endpoint, files } = parse(text);
    if (version !== FORMAT_VERSION || endpoint !== this.#endpoint || !Array.isArray(files)) return undefined;
    const byPath = filesOfTree(files);
    return byPath && { commit, files: byPath };
  }

  /** @throws ModelError of the file system */
  async write(repo: HubRepo, { commit, files }: HubListing): Promise<void> {
    if (this.#directory === undefined) return;
    const path = join(this.#directory, fileName(repo, commit));
    const items = [...files.values()].map(treeItem);
    const document = { format_version: FORMAT_VERSION, endpoint: this.#endpoint, ...repo, commit, files: items };
    try {
      await makeFolders(this.#directory);
      await replace(path, JSON.stringify(document));
      await sweepAbandoned(this.#directory, (name) => name.endsWith('.tmp'));
    } catch (error) {
      if (!isErrno(error, ...UNWRITABLE)) throw fsError(error, `keep the listing ${path}`);
    }
  }
}

/** In the words of the Hub's own listing. */
const treeItem = ({ path, sizeBytes, gitOid, sha256 }: HubEntry): Record<string, unknown> => ({
  path,
  size: sizeBytes,
  oid: gitOid,
  ...(sha256 !== undefined && { lfs: { oid: sha256, size: sizeBytes } }),
});

const fileName = ({ repoType, repoId }: HubRepo, commit: string): string => `${repoType}s--${repoId.replace('/', '--')}--${commit}.json`;

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return '';
    throw fsError(error, `read the listing ${path}`);
  }
}

function parse(text: string): JsonTable {
  try {
    return asTable(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Readers see the old file or the new one. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
