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
  return {
    spec,
    label: formatRef(spec.ref),
    directory: work.store.resolver.modelDir(spec.family, spec.ref),
    files: selectFiles(spec, selection),
    selection,
    choice: { variantReason, environment },
    aliases: aliasesIn(spec, components ?? []),
  };
}

/** What this version cannot make is refused before anything else happens. */
function requireFiles(spec: ModelSpec): void {
  const label = formatRef(spec.ref);
  if (spec.derivation !== undefined) {
    const { from, dtype } = spec.derivation;
    throw new ModelError('NOT_IMPLEMENTED', `${label} is to be made from ${from} as ${dtype}, which this version cannot do`, {
      reason: 'derivation',
      hint: `ensure ${spec.modelId}@${from} instead`,
    });
  }
}
