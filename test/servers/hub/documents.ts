/** The documents of the Hub's API. */
import type { Commit, HubRepo, StoredFile } from './hub-repo.ts';

type Document = Readonly<Record<string, unknown>>;

const TIME = '2026-06-01T00:00:00.000Z';

/** @param withBlobs the query `blobs=true` */
export const infoDocument = (id: string, repo: HubRepo, commit: Commit, withBlobs: boolean): Document => ({
  _id: commit.id.slice(0, 24),
  id,
  modelId: id,
  author: id.split('/')[0],
  sha: commit.id,
  lastModified: TIME,
  createdAt: TIME,
  private: repo.isPrivate,
  gated: repo.isGated ? 'manual' : false,
  disabled: repo.isDisabled,
  downloads: 0,
  likes: 0,
  tags: [],
  siblings: [...commit.files.values()].map((file) => siblingDocument(file, withBlobs)),
});

/** An item of the answer to a search. */
export const foundDocument = (id: string, repo: HubRepo): Document => ({
  ...{ _id: 'a'.repeat(24), id, modelId: id, likes: 3, downloads: 12, private: repo.isPrivate, tags: ['diffusers'] },
  ...{ pipeline_tag: repo.pipeline, library_name: 'diffusers', createdAt: TIME, ...(repo.isGated && { gated: 'manual' }) },
});

const siblingDocument = ({ path, oid, content, lfs }: StoredFile, withBlobs: boolean): Document => ({
  rfilename: path,
  ...(withBlobs && { blobId: oid, size: content.sizeBytes }),
  ...(withBlobs && lfs && { lfs: { sha256: lfs.sha256, size: content.sizeBytes, pointerSize: lfs.pointerSize } }),
});

export const treeEntry = ({ path, oid, content, lfs }: StoredFile): Document => ({
  type: 'file',
  oid,
  size: content.sizeBytes,
  path,
  ...(lfs && { lfs: { oid: lfs.sha256, size: content.sizeBytes, pointerSize: lfs.pointerSize } }),
  ...(lfs?.xetHash && { xetHash: lfs.xetHash }),
});

/** A folder's entries, folders among them, in the order of their paths. */
export function treeDocument(commit: Commit, folder: string, isRecursive: boolean): readonly Document[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const entries = new Map<string, Document>();
  for (const file of commit.files.values()) {
    if (!file.path.startsWith(prefix)) continue;
    const names = file.path.slice(prefix.length).split('/');
    for (let depth = 1; depth < names.length && (isRecursive || depth === 1); depth++) {
      const path = prefix + names.slice(0, depth).join('/');
      entries.set(path, { type: 'directory', oid: commit.id, size: 0, path });
    }
    if (isRecursive || names.length === 1) entries.set(file.path, treeEntry(file));
  }
  return [...entries.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

export const refsDocument = ({ refs }: HubRepo): Document => {
  const all = [...refs].map(([name, targetCommit]) => ({ name, ref: `refs/heads/${name}`, targetCommit }));
  return { branches: all.filter(({ name }) => !name.startsWith('refs/')), tags: [], converts: [], pullRequests: [] };
};
