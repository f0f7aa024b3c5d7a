/** Which models of a manifest hold the same bytes: what is kept once on disk for all of them. */
import type { FileSpec } from '../domain/spec.ts';
import type { ModelRegistry } from './model-registry.ts';

/** Reading every file list of a large manifest takes a while: once for each manifest that was loaded. */
const known = new WeakMap<ModelRegistry, ReadonlyMap<string, readonly string[]>>();

/** Ids of the models whose default variant holds the file's bytes, in manifest order; the file's own model among them. */
export function modelsHolding(registry: ModelRegistry, file: FileSpec): readonly string[] {
  let holders = known.get(registry);
  if (holders === undefined) {
    holders = holdersByContent(registry);
    known.set(registry, holders);
  }
  const key = contentKey(file);
  return key === undefined ? [] : (holders.get(key) ?? []);
}

function holdersByContent(registry: ModelRegistry): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const { modelId } of registry.listModels()) {
    for (const key of new Set(registry.spec(modelId).files.flatMap((file) => contentKey(file) ?? []))) {
      const models = holders.get(key);
      if (models === undefined) holders.set(key, [modelId]);
      else models.push(modelId);
    }
  }
  return holders;
}

/** Without a digest only a mounted file is known to be the same: by its component and its name there, unless it is cast. */
function contentKey({ sha256, mountedFrom, origins, path, derive }: FileSpec): string | undefined {
  if (sha256 !== undefined || derive !== undefined) return sha256;
  return mountedFrom === undefined ? undefined : `${mountedFrom} ${origins?.[0]?.path ?? path}`;
}
