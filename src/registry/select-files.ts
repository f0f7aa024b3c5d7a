/** Which files of a model a request means. */
import { ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ComponentAlias, FileSpec, ModelSpec, Selection } from '../domain/spec.ts';
import { compileGlobs } from '../util/glob.ts';
import { nearest } from '../util/nearest.ts';
import { componentsMeant } from './aliases.ts';

/**
 * Without components named: everything but the optional ones that are not configured. With: the files of no component, the required
 * components and those named. `allowPatterns` hold for the model's own files. Then `include` keeps what it matches and `exclude` drops.
 * Files in `installed` stay in, so that a directory only grows. Order is that of the manifest.
 * @param installed paths that the directory is already complete for
 * @throws ModelError COMPONENT_MISSING for a name that does not exist; INVALID_INPUT reason selection_empty
 */
export function selectFiles(spec: ModelSpec, selection: Selection = {}, installed?: ReadonlySet<string>): readonly FileSpec[] {
  const isWanted = componentFilter(spec, selection);
  const isAllowed = patternFilter(spec.allowPatterns);
  const isIncluded = patternFilter(selection.include ?? []);
  const isExcluded = compileGlobs(selection.exclude ?? []);
  const isAsked = (file: FileSpec): boolean =>
    isWanted(file) && (!isOwn(file) || isAllowed(file.path)) && isIncluded(file.path) && !isExcluded(file.path);
  const files = spec.files.filter((file) => isRecord(file) || isAsked(file) || installed?.has(file.path) === true);
  if (files.every(isRecord) && spec.files.length > 0) throw nothingSelected(spec);
  return files;
}

/** Names of all components that the model has or speaks of. */
export function componentNames(spec: ModelSpec): readonly string[] {
  const named = spec.files.flatMap((file) => file.component ?? []);
  return [...new Set([...named, ...spec.requiredComponents, ...spec.optionalComponents])];
}

/** Those of the names that are older or other ones for what the model has. */
export function aliasesIn(spec: ModelSpec, asked: readonly string[]): readonly ComponentAlias[] {
  return (spec.componentAliases ?? []).filter(({ name }) => asked.includes(name));
}

function componentFilter(spec: ModelSpec, { components: asked = [], optional: configured = [] }: Selection): (file: FileSpec) => boolean {
  if (asked.length === 0) {
    const taken = new Set(configured.flatMap((name) => componentsMeant(name, spec.optionalComponents)));
    const optional = new Set(spec.optionalComponents.filter((name) => !taken.has(name)));
    return ({ component }) => component === undefined || !optional.has(component);
  }
  const existing = componentNames(spec);
  for (const name of asked) if (componentsMeant(name, existing).length === 0) throw componentMissing(spec, name, existing);
  const taken = new Set([...asked.flatMap((name) => componentsMeant(name, existing)), ...spec.requiredComponents]);
  return ({ component }) => component === undefined || taken.has(component);
}

/** No pattern at all lets everything through. */
const patternFilter = (patterns: readonly string[]) => (patterns.length === 0 ? () => true : compileGlobs(patterns));

/** Mounted files and those of overlays have their own patterns, applied when the spec was made. */
const isOwn = (file: FileSpec): boolean => file.mountedFrom === undefined && file.overlay === undefined;

/** What an overlay view says of itself belongs to whatever part of it is asked for. */
const isRecord = (file: FileSpec): boolean => file.content !== undefined;

function componentMissing(spec: ModelSpec, name: string, existing: readonly string[]): ModelError {
  const near = nearest(name, existing);
  const list = existing.length === 0 ? 'it has no components' : `it has ${existing.join(', ')}`;
  return new ModelError('COMPONENT_MISSING', `${formatRef(spec.ref)} has no component ${JSON.stringify(name)}: ${list}`, {
    hint: near === undefined ? `see \`wan models show ${formatRef(spec.ref)}\` for its components` : `did you mean ${near}?`,
    details: { model: formatRef(spec.ref), component: name, available_components: existing },
  });
}

function nothingSelected(spec: ModelSpec): ModelError {
  const optional = spec.optionalComponents.filter((name) => spec.files.some((file) => file.component === name));
  return new ModelError('INVALID_INPUT', `the selection leaves no file of ${formatRef(spec.ref)}`, {
    reason: 'selection_empty',
    hint:
      optional.length === 0
        ? 'check --include, --exclude and allow_patterns'
        : `optional components are taken with --components ${optional.join(',')}`,
    details: { model: formatRef(spec.ref), allow_patterns: spec.allowPatterns, optional_components: spec.optionalComponents },
  });
}
