import { CUSTOM_FAMILY, type EntryFile } from '../../domain/registry-entry.ts';
import { readSnapshot } from '../../store/snapshots.ts';
import type { Orchestration } from '../orchestration.ts';

/** Whether other files than these are published under the name: somebody's only copy, also where the registry knows nothing of it. */
export function isOtherPublished({ store }: Orchestration, modelId: string, files: readonly Pick<EntryFile, 'path' | 'sha256'>[]): boolean {
  const published = readSnapshot(store, store.resolver.modelDir(CUSTOM_FAMILY, { modelId }));
  const digests = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return published?.files.every(({ path, sha256 }) => digests.get(path) === sha256) === false;
}
