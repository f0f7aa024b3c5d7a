/** Which variant a request means: the one that it names, else the environment's, else the manifest's default. */
import { type ModelRef, parseModelRef } from '../domain/model-ref.ts';
import type { VariantChoice } from '../domain/results.ts';
import type { ModelSpec } from '../domain/spec.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';

export interface Chosen extends VariantChoice {
  readonly spec: ModelSpec;
}

/** The environment rewrites the request only: what the directory without a suffix holds stays the manifest's default. */
export interface VariantQuestion {
  readonly variant?: string | undefined;
  readonly overlays?: readonly string[] | undefined;
  readonly environment: string;
}

/** @throws ModelError MODEL_NOT_FOUND, VARIANT_NOT_FOUND, INVALID_MODEL_ID */
export function chooseVariant(registry: ModelRegistry, modelId: string, { variant, overlays = [], environment }: VariantQuestion): Chosen {
  const parsed = parseModelRef(modelId, variant);
  const ref: ModelRef = overlays.length === 0 ? parsed : { ...parsed, overlay: overlays.join('+') };
  const spec = registry.spec(ref);
  if (ref.variant !== undefined) return { spec, variantReason: 'request', environment };
  const { environments = {} } = spec;
  const named = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  if (named === undefined) return { spec, variantReason: 'default', environment };
  return { spec: named === spec.variant ? spec : registry.spec(ref, named), variantReason: 'environment', environment };
}
