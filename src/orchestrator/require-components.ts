/** Asked before anything is fetched: has the manifest files of every component that the model cannot do without? */
import { ModelError } from '../domain/errors.ts';
import type { ModelSpec } from '../domain/spec.ts';
import type { Target } from './target.ts';

/** Whoever asks for single components has the pipeline's others from elsewhere. @throws ModelError COMPONENT_MISSING */
export function requireComponents({ spec, label, selection }: Target): void {
  const existing = new Set(spec.files.flatMap(({ component }) => component ?? []));
  const ofPipeline = (selection.components ?? []).length > 0 ? [] : (spec.pipeline?.requiredComponents ?? []);
  const missing = [...spec.requiredComponents, ...ofPipeline].filter((name) => !existing.has(name));
  const [first] = missing;
  if (first === undefined) return;
  throw new ModelError('COMPONENT_MISSING', `${label} has no ${first}, which ${neededBy(spec, first)}`, {
    reason: 'component_without_files',
    hint: `give its files component = ${JSON.stringify(first)} in the manifest, or take the name off required_components`,
    details: { model: label, components: [...new Set(missing)], modes: spec.pipeline?.modes ?? [], existing: [...existing] },
  });
}

function neededBy({ pipeline }: ModelSpec, component: string): string {
  if (pipeline?.requiredComponents.includes(component) !== true) return 'the manifest requires of every selection';
  const who = pipeline.className ?? 'its pipeline';
  return pipeline.modes.length === 0 ? `${who} needs` : `${who} needs for ${pipeline.modes.join(', ')}`;
}
