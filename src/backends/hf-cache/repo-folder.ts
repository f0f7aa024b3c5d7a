/** Names in the cache: `models--org--name`. */
import type { HubRepoType } from './hub-file.ts';

/** Of the label under which the cache is told as a source. */
export const HF_CACHE_SCHEME = 'hf-cache';
/** Folders of the cache that hold a repository. */
export const REPO_FOLDER = /^(?:models|datasets|spaces|kernels)--./;
export const COMMIT = /^[0-9a-f]{40}$/;

export const repoFolder = (repoType: HubRepoType, repoId: string): string => [`${repoType}s`, ...repoId.split('/')].join('--');

/** A file of a repository, whatever its revision. */
export interface RepoPlace {
  readonly folder: string;
  /** From the repository's root. */
  readonly path: string;
}

const HUB_URL = /^hf:\/\/(?:(dataset|space|model)s\/)?([^/@]+\/[^/@]+)(?:@(?:refs\/[^/]+\/)?[^/]+)?(?:\/(.*?))?\/?$/;

/** Where the cache has a file of an `hf://` source; undefined for other sources. */
export function placeInCache(source: string, path: string): RepoPlace | undefined {
  const [matched, type = 'model', repoId, prefix] = HUB_URL.exec(source) ?? [];
  if (matched === undefined || repoId === undefined) return undefined;
  return { folder: repoFolder(type as HubRepoType, repoId), path: prefix ? `${prefix}/${path}` : path };
}
