import type { RegistryEntry } from '../../domain/registry-entry.ts';
import { fingerprint } from '../../util/fingerprint.ts';

/** Another one for each state of what can be changed of a model; of one that nobody has noted anything of, it is that. */
export const revisionTag = (entry: RegistryEntry | undefined): string =>
  entry === undefined ? 'none' : fingerprint(Buffer.from(`${entry.modelId} ${entry.createdAt} ${entry.revision}`));
