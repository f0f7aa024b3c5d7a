/** Names in the cache: `models--org--name`. */
import { isModelError } from '../../domain/errors.ts';
import { parseHubUrl } from '../huggingface/hub-url.ts';
import type { HubRepoType } from './hub-file.ts';

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

/** Where the cache has a file of an `hf://` source; undefined for other sources, and for one that names nothing: opening it says why. */
export function placeInCache(source: string, path: string): RepoPlace | undefined {
  try {
    const { repoType, repoId, subPath } = parseHubUrl(source);
    return { folder: repoFolder(repoType, repoId), path: subPath === undefined ? path : `${subPath}/${path}` };
  } catch (error) {
    if (!isModelError(error, 'INVALID_CONFIG')) throw error;
    return undefined;
  }
}
