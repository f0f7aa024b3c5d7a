/** What a diffusers model says of its own parts: model_index.json, held against the manifest. */
import { join } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ModelSpec } from '../domain/spec.ts';
import { readJsonObject } from './read-json.ts';

export interface ModelIndex {
  readonly pipelineClass?: string;
  /** Component -> `library.class`. */
  readonly classes: ReadonlyMap<string, string>;
}

const INDEX = 'model_index.json';

/** Undefined where the model has none: then it is not in diffusers' layout, or not here. @throws ModelError FORMAT_INVALID */
export async function readModelIndex(directory: string): Promise<ModelIndex | undefined> {
  const index = await readJsonObject(join(directory, INDEX));
  if (index === undefined) return undefined;
  const named = Object.entries(index).flatMap(([name, value]): [string, string][] => {
    const [library, className] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    return typeof library === 'string' && typeof className === 'string' ? [[name, `${library}.${className}`]] : [];
  });
  const { _class_name: pipelineClass } = index;
  return { ...(typeof pipelineClass === 'string' && { pipelineClass }), classes: new Map(named) };
}

/**
 * A loader goes by model_index.json and by nothing else: what it names must be there, and what the pipeline needs must be named.
 * @throws ModelError COMPONENT_MISSING
 */
export function checkModelIndex({ ref, files, pipeline }: ModelSpec, { classes }: ModelIndex): void {
  const label = formatRef(ref);
  const existing = new Set(files.flatMap(({ component }) => component ?? []));
  for (const name of classes.keys())
    if (!existing.has(name)) throw missing(label, name, `${INDEX} names it, and the manifest has no files of it`);
  for (const name of pipeline?.requiredComponents ?? [])
    if (!classes.has(name)) throw missing(label, name, `${pipeline?.className ?? 'the pipeline'} needs it, and ${INDEX} names none`);
  for (const name of pipeline?.forbiddenComponents ?? [])
    if (classes.has(name)) throw missing(label, name, `${INDEX} names it, and ${pipeline?.className ?? 'the pipeline'} must not have it`);
}

const missing = (label: string, component: string, why: string): ModelError =>
  new ModelError('COMPONENT_MISSING', `${label}: ${component}: ${why}`, {
    reason: 'model_index',
    hint: 'manifest and model are not of one version: check the revision that the manifest pins',
    details: { model: label, component },
  });
