/** Where one file can be read, best first. */
import type { FileSource } from '../backends/backend.ts';
import { type Attempt, asModelError } from '../domain/errors.ts';
import type { FileOrigin, FileSpec, ModelSpec } from '../domain/spec.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { SourceOpener } from './orchestration.ts';

export interface FileSources {
  readonly sources: readonly FileSource[];
  /** Sources that could not even be opened: offline, or a scheme that this version does not speak. */
  readonly refused: readonly Attempt[];
}

export function fileSources(opener: SourceOpener, spec: ModelSpec, file: FileSpec): FileSources {
  const sources: FileSource[] = [];
  const refused: Attempt[] = [];
  const attempt = (url: string, open: () => FileSource) => {
    try {
      sources.push(open());
    } catch (error) {
      const { code, message } = asModelError(error);
      refused.push({ source: redactUrl(url), file: file.path, code, message });
    }
  };
  const { url } = file;
  if (url !== undefined) attempt(url, () => ({ backend: opener.openFile(url), path: '' }));
  for (const { source, path } of originsOf(spec, file)) attempt(source, () => ({ backend: opener.open(source), path }));
  return { sources, refused };
}

export const originsOf = (spec: ModelSpec, file: FileSpec): readonly FileOrigin[] =>
  file.origins ?? spec.sources.map((source) => ({ source, path: file.path }));
