/** Where one file can be read, best first. */
import type { FileSource } from '../backends/backend.ts';
import { type Attempt, asModelError } from '../domain/errors.ts';
import type { FileOrigin, FileSpec, ModelSpec } from '../domain/spec.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { SourceOpener } from './orchestration.ts';
import { openOwnUrl, type UrlQuestion } from './own-url.ts';

export interface FileSources {
  readonly sources: readonly FileSource[];
  /** Sources that could not even be opened: offline, or a scheme that this version does not speak. */
  readonly refused: readonly Attempt[];
}

export async function fileSources(opener: SourceOpener, spec: ModelSpec, question: UrlQuestion): Promise<FileSources> {
  const { file } = question;
  const sources: FileSource[] = [];
  const refused: Attempt[] = [];
  const attempt = async (url: string, open: () => Promise<FileSource | undefined>) => {
    try {
      const source = await open();
      if (source !== undefined) sources.push(source);
    } catch (error) {
      const { code, message } = asModelError(error);
      refused.push({ source: redactUrl(url), file: file.path, code, message });
    }
  };
  await attempt(file.url ?? `the URL of ${file.path}`, () => openOwnUrl(opener, question));
  for (const { source, path } of originsOf(spec, file)) await attempt(source, async () => ({ backend: opener.open(source), path }));
  return { sources, refused };
}

export const originsOf = (spec: ModelSpec, file: FileSpec): readonly FileOrigin[] =>
  file.origins ?? (file.content === undefined ? spec.sources : []).map((source) => ({ source, path: file.path }));
