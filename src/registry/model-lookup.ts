/** References -> models of the manifest: exact first, then without regard to case. */
import { ModelError } from '../domain/errors.ts';
import type { ModelRef } from '../domain/model-ref.ts';
import type { ModelSummary } from '../domain/spec.ts';
import { nearest } from '../util/nearest.ts';

export interface FoundModel {
  readonly index: number;
  readonly summary: ModelSummary;
}

export class ModelLookup {
  readonly #summaries: readonly ModelSummary[];
  #byId: ReadonlyMap<string, number> | undefined;
  #byName: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(summaries: readonly ModelSummary[]) {
    this.#summaries = summaries;
  }

  /** @throws ModelError MODEL_NOT_FOUND, or INVALID_MODEL_ID reason ambiguous_version for a bare name of several versions */
  model(ref: ModelRef): FoundModel {
    const id = ref.version === undefined ? this.#onlyVersion(ref) : `${ref.name}@${ref.version}`;
    const index = this.#indexOf(id);
    const summary = index === undefined ? undefined : this.#summaries[index];
    if (index === undefined || summary === undefined) throw this.#notFound(id);
    return { index, summary };
  }

  /** Whether `model` would find it, or several. */
  knows({ name, version }: ModelRef): boolean {
    return version === undefined ? this.#versionsOf(name).length > 0 : this.has(`${name}@${version}`);
  }

  has(modelId: string): boolean {
    return this.#indexOf(modelId) !== undefined;
  }

  /** The variant's name as the manifest writes it. @throws ModelError VARIANT_NOT_FOUND */
  variant({ modelId, variants, defaultVariant }: ModelSummary, asked: string | undefined): string {
    if (asked === undefined) return defaultVariant;
    const found = variants.find((name) => name === asked) ?? variants.find((name) => name.toLowerCase() === asked.toLowerCase());
    if (found !== undefined) return found;
    const near = nearest(asked, variants);
    throw new ModelError('VARIANT_NOT_FOUND', `${modelId} has no variant ${JSON.stringify(asked)}: it has ${variants.join(', ')}`, {
      hint: near === undefined ? `see \`wan models show ${modelId}\` for its variants` : `did you mean ${near}?`,
      details: { model: modelId, variant: asked, available_variants: variants },
    });
  }

  #indexOf(id: string): number | undefined {
    this.#byId ??= this.#indexIds();
    return this.#byId.get(id) ?? this.#byId.get(foldedKey(id));
  }

  /** Folded ids stand under a key that no id has; two models that differ only by case are no valid manifest. */
  #indexIds(): Map<string, number> {
    const byId = new Map<string, number>();
    for (const [index, { modelId }] of this.#summaries.entries()) byId.set(modelId, index).set(foldedKey(modelId), index);
    return byId;
  }

  #versionsOf(name: string): readonly string[] {
    this.#byName ??= Map.groupBy(
      this.#summaries.map(({ modelId }) => modelId),
      (id) => id.slice(0, id.indexOf('@')).toLowerCase(),
    );
    return this.#byName.get(name.toLowerCase()) ?? [];
  }

  #onlyVersion({ name }: ModelRef): string {
    const ids = this.#versionsOf(name);
    const exact = ids.filter((id) => id.startsWith(`${name}@`));
    const candidates = exact.length > 0 ? exact : ids;
    if (candidates.length > 1) throw ambiguous(name, candidates);
    return candidates[0] ?? name;
  }

  #notFound(id: string): ModelError {
    const available = this.#summaries.map(({ modelId }) => modelId);
    const near = nearest(id, available) ?? nearestName(id, available);
    const shown = available.slice(0, 10).join(', ') + (available.length > 10 ? ` and ${available.length - 10} more` : '');
    const list = available.length === 0 ? 'the manifest defines no models' : `available: ${shown}`;
    return new ModelError('MODEL_NOT_FOUND', `there is no model ${JSON.stringify(id)}; ${list}`, {
      ...(near !== undefined && { hint: `did you mean ${near}?` }),
      details: { model: id, available_models: available, ...(near !== undefined && { nearest: near }) },
    });
  }
}

const foldedKey = (id: string): string => `\0${id.toLowerCase()}`;

/** For a bare name, and for a right name with a version that does not exist. */
function nearestName(id: string, available: readonly string[]): string | undefined {
  const nameOf = (text: string): string => text.split('@', 1)[0] ?? text;
  const near = nearest(nameOf(id), new Set(available.map(nameOf)));
  return available.findLast((candidate) => nameOf(candidate) === near);
}

function ambiguous(name: string, ids: readonly string[]): ModelError {
  return new ModelError('INVALID_MODEL_ID', `${JSON.stringify(name)} has several versions: ${ids.join(', ')}`, {
    reason: 'ambiguous_version',
    hint: `name one of them: ${ids.at(-1)}`,
    details: { model: name, available_models: ids },
  });
}
