import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Imports and re-exports that are evaluated with their importer; type-only ones are gone after the build. */
const STATIC_IMPORT = /^(?:import|export)(?! type\b)[^'"]*?from '(?<target>\.[^']+)'|^import '(?<sideEffect>\.[^']+)'/gm;

/** The files that are loaded when `roots` are: they, and whatever they import statically, as absolute paths. */
export function staticClosure(roots: readonly string[]): ReadonlySet<string> {
  const closure = new Set(roots);
  for (const file of closure) {
    for (const { groups } of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
      closure.add(join(dirname(file), groups?.target ?? groups?.sideEffect ?? ''));
    }
  }
  return closure;
}
