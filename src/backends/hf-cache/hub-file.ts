/** What the Hub says of one of its files: all that is needed to find it in the clients' cache, or to lay it down there. */
import type { StorageBackend } from '../backend.ts';

export type HubRepoType = 'model' | 'dataset' | 'space';

export interface HubFile {
  readonly repoType: HubRepoType;
  /** `org/name`. */
  readonly repoId: string;
  /** As it was asked for: a branch, a tag, `refs/pr/1`, or a commit. */
  readonly revision: string;
  /** 40 lower-case hex digits. */
  readonly commit: string;
  /** In the repository, from its root. */
  readonly path: string;
  readonly sizeBytes: number;
  /** The name of the bytes: sha256 of a file in LFS or Xet storage, else the git id of the blob. */
  readonly etag: string;
}

/** Optional power: files of the Hugging Face Hub. */
export interface HubFacts {
  /** From the listing that the run has anyway: no request a file. @throws ModelError as `stat` */
  hubFile(path: string, signal: AbortSignal): Promise<HubFile>;
}

export const hasHubFacts = (backend: StorageBackend): backend is StorageBackend & HubFacts => 'hubFile' in backend;
