/** A plan added up by component: bytes, what other models share, and from where. */
import type { PlannedComponent } from '../domain/results.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { modelsHolding } from '../registry/shared-content.ts';
import { redactUrl } from '../util/redact-url.ts';
import { sum } from '../util/sum.ts';
import { originsOf } from './file-sources.ts';
import type { PlannedBlob } from './plan-blobs.ts';
import type { Target } from './target.ts';

export function plannedComponents(registry: ModelRegistry, target: Target, planned: readonly PlannedBlob[]): PlannedComponent[] {
  const groups = Map.groupBy(planned, ({ file: { component, overlay } }) => (overlay === undefined ? (component ?? '') : `+${overlay}`));
  return [...groups.values()].map((blobs) => {
    const files = blobs.map(({ file }) => file);
    const [{ component, overlay } = {} as Partial<FileSpec>] = files;
    const others = files.map((file) => otherHolders(registry, target, file));
    const sharing = new Set(others.flat());
    return {
      ...(overlay !== undefined ? { overlay } : component !== undefined && { component }),
      fileCount: files.length,
      totalBytes: sum(files.map(({ sizeBytes }) => sizeBytes)),
      fetchBytes: sum(blobs.map(({ fetchBytes }) => fetchBytes)),
      sharedBytes: sum(files.map(({ sizeBytes }, index) => (others[index]?.length === 0 ? 0 : sizeBytes))),
      sharedWith: registry.listModels().flatMap(({ modelId }) => (sharing.has(modelId) ? [modelId] : [])),
      sources: sourcesOf(target, files),
    };
  });
}

const otherHolders = (registry: ModelRegistry, { spec }: Target, file: FileSpec): readonly string[] =>
  modelsHolding(registry, file).filter((modelId) => modelId !== spec.modelId);

function sourcesOf({ spec }: Target, files: readonly FileSpec[]): readonly string[] {
  const urls = files.flatMap((file) => originsOf(spec, file).map(({ source }) => source));
  return [...new Set(urls.map(redactUrl))];
}
