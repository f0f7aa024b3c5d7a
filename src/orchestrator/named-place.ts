/** A model as a person names it, also where the manifest has it no more: what lies on disk outlives its entry. */
import { isModelError } from '../domain/errors.ts';
import { type CanonicalRef, formatRef, type ModelRef, parseModelRef } from '../domain/model-ref.ts';
import { listPins } from '../store/pins.ts';
import { listSnapshots, readSnapshot } from '../store/snapshots.ts';
import type { ModelOptions } from './api.ts';
import { chooseVariant } from './choose-variant.ts';
import type { Orchestration } from './orchestration.ts';

export interface NamedPlace {
  readonly family: string;
  readonly ref: CanonicalRef;
  /** `name@version[@variant][@+overlay]` */
  readonly label: string;
  /** Of its records under `.state`. */
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
}

/** @throws ModelError MODEL_NOT_FOUND, VARIANT_NOT_FOUND where neither manifest nor store know it, INVALID_MODEL_ID */
export async function namedPlace(work: Orchestration, modelId: string, options: ModelOptions = {}): Promise<NamedPlace> {
  const registry = await work.registry();
  const { environment } = work.settings;
  try {
    const { spec } = chooseVariant(registry, modelId, { ...options, environment });
    return placeOf(work, spec.family, spec.ref);
  } catch (error) {
    if (!isModelError(error, 'MODEL_NOT_FOUND') && !isModelError(error, 'VARIANT_NOT_FOUND')) throw error;
    const found = placeInStore(work, askedRef(modelId, options));
    if (found === undefined) throw error;
    return found;
  }
}

export function placeOf({ store }: Orchestration, family: string, ref: CanonicalRef): NamedPlace {
  const { resolver } = store;
  return { family, ref, label: formatRef(ref), name: resolver.refName(family, ref), directory: resolver.modelDir(family, ref) };
}

function askedRef(modelId: string, { variant, overlays = [] }: ModelOptions): ModelRef {
  const ref = parseModelRef(modelId, variant);
  return overlays.length === 0 ? ref : { ...ref, overlay: overlays.join('+') };
}

/** By its published record, else by its pin. */
function placeInStore(work: Orchestration, { name, version, variant, overlay }: ModelRef): NamedPlace | undefined {
  if (version === undefined) return undefined;
  const wanted = formatRef({ modelId: `${name}@${version}`, ...(variant && { variant }), ...(overlay && { overlay }) });
  const { resolver } = work.store;
  for (const directory of listSnapshots(work.store)) {
    const ref = readSnapshot(work.store, directory)?.ref;
    const [family = ''] = resolver.relative(directory).split('/');
    if (ref !== undefined && formatRef(ref) === wanted) return placeOf(work, family, ref);
  }
  const pin = listPins(work.store).find((stored) => stored.pin !== undefined && formatRef(stored.pin.ref) === wanted)?.pin;
  return pin && placeOf(work, pin.family, pin.ref);
}
