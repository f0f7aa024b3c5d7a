/** A request -> the exact files and place that it means. */
import { ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { VariantChoice } from '../domain/results.ts';
import type { ComponentAlias, FileSpec, ModelSpec, Selection } from '../domain/spec.ts';
import { aliasesIn, selectFiles } from '../registry/select-files.ts';
import type { TargetOptions } from './api.ts';
import { chooseVariant } from './choose-variant.ts';
import type { Orchestration } from './orchestration.ts';
import { type LockDemand, requireLock } from './require-lock.ts';

export interface Target {
  readonly spec: ModelSpec;
  /** `name@version[@variant]` */
  readonly label: string;
  /** Absolute. */
  readonly directory: string;
  readonly files: readonly FileSpec[];
  readonly selection: Selection;
  readonly choice: VariantChoice;
  readonly aliases: readonly ComponentAlias[];
  /** What a derived variant is made from; of its files those that a run needs are put in. */
  readonly base?: Target;
}

/** @throws ModelError MODEL_NOT_FOUND, VARIANT_NOT_FOUND, INVALID_MODEL_ID, COMPONENT_MISSING, LOCKFILE_STALE, before anything else happens. */
export async function resolveTarget(work: Orchestration, modelId: string, options: TargetOptions & LockDemand): Promise<Target> {
  const registry = await work.registry();
  const { environment, optionalComponents: optional } = work.settings;
  const { components, include, exclude, variant, overlays } = options;
  const { spec, variantReason } = chooseVariant(registry, modelId, { variant, overlays, environment });
  requireFiles(spec);
  await requireLock(registry, spec, options);
  const selection: Selection = { optional, ...(components && { components }), ...(include && { include }), ...(exclude && { exclude }) };
  const targetOf = (meant: ModelSpec, files: readonly FileSpec[]): Target => ({
    spec: meant,
    label: formatRef(meant.ref),
    directory: work.store.resolver.modelDir(meant.family, meant.ref),
    files,
    selection,
    choice: { variantReason, environment },
    aliases: aliasesIn(meant, components ?? []),
  });
  const target = targetOf(spec, selectFiles(spec, selection));
  return spec.derivation === undefined ? target : { ...target, base: targetOf(registry.spec(spec.modelId, spec.derivation.from), []) };
}

/** What cannot be made is refused before anything else happens. */
function requireFiles(spec: ModelSpec): void {
  const label = formatRef(spec.ref);
  const kept = notCast(spec);
  if (kept !== undefined) {
    throw new ModelError('NOT_IMPLEMENTED', `${label}: ${kept} has no .safetensors file, and no other format can be cast`, {
      reason: 'derivation_format',
      hint: 'name in derive_components only components with weights in .safetensors',
    });
  }
}

/** Of the components that a derivation names, or of the model as a whole, what nothing can be cast of. */
function notCast({ derivation, files }: ModelSpec): string | undefined {
  if (derivation === undefined) return undefined;
  const cast = files.filter(({ derive }) => derive !== undefined);
  if (derivation.components === undefined) return cast.length === 0 ? `what it is made from (${derivation.from})` : undefined;
  return derivation.components.find((name) => !cast.some(({ component }) => component === name));
}
