import { join } from 'node:path';
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';

/** Digests of all blobs whose bytes lie as they are; names that are no digest are nobody's. */
export function listBlobs({ resolver }: StoreContext): Sha256[] {
  const root = join(resolver.root, '.blobs', 'sha256');
  return listNames(root).flatMap((shard) => listNames(join(root, shard)).flatMap((name) => parseSha256(name) ?? []));
}
