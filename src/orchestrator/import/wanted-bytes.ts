/** Which bytes the manifest's models are made of: what an import can recognise. */
import type { Sha256 } from '../../domain/digest.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import { chooseVariant } from '../choose-variant.ts';
import type { Orchestration } from '../orchestration.ts';

export interface WantedBlob {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** `ref: path`, of every file with these bytes. */
  readonly names: string[];
  /** References of the models that have it. */
  readonly refs: Set<string>;
}

export interface WantedBytes {
  readonly bySize: ReadonlyMap<number, ReadonlyMap<Sha256, WantedBlob>>;
  readonly specs: ReadonlyMap<string, ModelSpec>;
  /** `ref: path` of files without a digest. */
  readonly unpinned: readonly string[];
}

/** Of the models named, else of every model in every variant that is fetched. */
export async function wantedBytes(work: Orchestration, modelIds: readonly string[]): Promise<WantedBytes> {
  const registry = await work.registry();
  const { environment } = work.settings;
  const named = modelIds.map((id) => chooseVariant(registry, id, { environment }).spec);
  const specs = new Map((named.length > 0 ? named : allSpecs(registry)).map((spec) => [formatRef(spec.ref), spec]));
  const bySize = new Map<number, Map<Sha256, WantedBlob>>();
  const unpinned: string[] = [];
  for (const [ref, { files }] of specs) {
    for (const { path, sha256, sizeBytes, content, derive } of files) {
      const name = `${ref}: ${path}`;
      if (sha256 === undefined && derive === undefined) unpinned.push(name);
      if (sha256 === undefined || content !== undefined) continue;
      const ofSize = bySize.get(sizeBytes) ?? new Map<Sha256, WantedBlob>();
      const blob = ofSize.get(sha256) ?? { sha256, sizeBytes, names: [], refs: new Set() };
      blob.names.push(name);
      blob.refs.add(ref);
      bySize.set(sizeBytes, ofSize.set(sha256, blob));
    }
  }
  return { bySize, specs, unpinned };
}

const allSpecs = (registry: ModelRegistry): ModelSpec[] =>
  registry
    .listModels()
    .flatMap(({ modelId, variants }) => variants.map((variant) => registry.spec(modelId, variant)))
    .filter(({ derivation }) => derivation === undefined);
