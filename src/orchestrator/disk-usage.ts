/** `du`: what every byte under MODELS_ROOT is for. Changes nothing on disk. */
import { basename } from 'node:path';
import type { DiskUsage, ModelUsage } from '../domain/disk-usage.ts';
import { isModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { checkStore } from '../store/open-store.ts';
import { listCold } from '../store/tier-records.ts';
import { scanUsage } from '../store/usage-scan.ts';
import { sharingFacts, totalUsage, usageBy, usageByClass } from '../store/usage-sums.ts';
import type { ScannedModel, UsageScan, Use } from '../store/usage-types.ts';
import { volumeSpace } from '../store/volume-space.ts';
import type { DiskUsageOptions } from './api.ts';
import { chooseVariant } from './choose-variant.ts';
import type { Orchestration } from './orchestration.ts';
import { tierSums } from './tier-sums.ts';

/** @throws ModelError as of the registry for a name that neither a directory nor the manifest has */
export async function diskUsageOf(work: Orchestration, modelIds: readonly string[], options: DiskUsageOptions = {}): Promise<DiskUsage> {
  checkStore(work.store);
  const scan = await scanUsage(work.store);
  const registry = await registryIfReadable(work);
  const asked = await indexesOf(work, scan, { modelIds, options });
  const isAsked = ({ model }: Use): boolean => asked === undefined || asked.has(model);
  const among = (groupOf: (use: Use) => string | undefined) => usageBy(scan, groupOf).filter(({ name }) => name !== OTHERS);
  const components = componentNames(scan, registry);
  return {
    root: work.store.resolver.root,
    total: totalUsage(scan),
    classes: usageByClass(scan),
    models: modelUsages(
      scan,
      among((use) => (isAsked(use) ? String(use.model) : OTHERS)),
    ),
    families: among((use) => (isAsked(use) ? (scan.models[use.model]?.family ?? '') : OTHERS)),
    components: among((use) => (use.path === undefined ? undefined : isAsked(use) ? components(use) : OTHERS)),
    sharing: sharingFacts(scan),
    tiers: tierSums(listCold(work.store)),
    volume: volumeSpace(work.store.resolver.root),
  };
}

/** No name of a model, family or component. */
const OTHERS = '/';

function modelUsages({ models }: UsageScan, sums: ReturnType<typeof usageBy>): ModelUsage[] {
  return sums.flatMap(({ name: index, ...sum }): ModelUsage[] => {
    const model = models[Number(index)];
    if (model === undefined) return [];
    const { family, directory: path, isPinned, ref } = model;
    return [{ name: labelOf(model), family, path, isPinned, isReadable: ref !== undefined, ...sum }];
  });
}

const labelOf = ({ ref, directory }: ScannedModel): string => (ref === undefined ? basename(directory) : formatRef(ref));

interface Asked {
  readonly modelIds: readonly string[];
  readonly options: DiskUsageOptions;
}

/** A directory goes by its own name, also where the manifest knows it no more. */
async function indexesOf(
  work: Orchestration,
  { models }: UsageScan,
  { modelIds, options }: Asked,
): Promise<ReadonlySet<number> | undefined> {
  if (modelIds.length === 0) return undefined;
  const byName = new Map(models.map((model, index) => [labelOf(model), index]));
  const { variant, overlays } = options;
  const indexes = new Set<number>();
  for (const id of modelIds) {
    const known = variant === undefined && overlays === undefined ? byName.get(id) : undefined;
    const index = known ?? byName.get(formatRef(await chosen(id)));
    if (index !== undefined) indexes.add(index);
  }
  return indexes;

  async function chosen(id: string) {
    const { environment } = work.settings;
    return chooseVariant(await work.registry(), id, { variant, overlays, environment }).spec.ref;
  }
}

/** Without a manifest the bytes are the same; only the components have no names. */
async function registryIfReadable(work: Orchestration): Promise<ModelRegistry | undefined> {
  try {
    return await work.registry();
  } catch (error) {
    if (isModelError(error)) return undefined;
    throw error;
  }
}

const NO_COMPONENT = '(none)';

/** A mounted component is told by its own id, since models that mount it may call it otherwise. */
function componentNames({ models }: UsageScan, registry: ModelRegistry | undefined): (use: Use) => string {
  const names = models.map(({ ref }) => new Map(filesOf(registry, ref && formatRef(ref)).flatMap(namedComponent)));
  return ({ model, path = '' }) => names[model]?.get(path) ?? NO_COMPONENT;
}

function namedComponent({ path, overlay, mountedFrom, component }: FileSpec): [string, string][] {
  const name = overlay === undefined ? (mountedFrom ?? component) : `+${overlay}`;
  return name === undefined ? [] : [[path, name]];
}

function filesOf(registry: ModelRegistry | undefined, ref: string | undefined): readonly FileSpec[] {
  if (registry === undefined || ref === undefined) return [];
  try {
    return registry.spec(ref).files;
  } catch (error) {
    // The manifest has it no more.
    if (isModelError(error)) return [];
    throw error;
  }
}
