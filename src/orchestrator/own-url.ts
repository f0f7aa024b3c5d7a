/** A file's own URL: of the manifest, or of whoever hands out signed ones; a new one where that has ended. */
import type { FileSource } from '../backends/backend.ts';
import { excerptOf } from '../backends/http/sniff-body.ts';
import { withRenewal } from '../backends/layers/with-renewal.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { EnsureOptions, ResolveUrl, UrlRequest } from './api.ts';
import type { Orchestration, SourceOpener } from './orchestration.ts';

/** Whoever hands out URLs is not asked where none may be used. */
export const resolverOf = (
  { settings }: Orchestration,
  { offline = settings.offline, resolveUrl }: EnsureOptions,
): ResolveUrl | undefined => (offline ? undefined : resolveUrl);

export interface UrlQuestion {
  /** `name@version[@variant]` */
  readonly model: string;
  readonly file: FileSpec;
  readonly resolveUrl: ResolveUrl | undefined;
  readonly signal: AbortSignal;
  /** Told of a `resolveUrl` that failed: the other sources have their turn all the same. */
  readonly emit?: Emit;
}

/** Undefined where the file has none. @throws ModelError SOURCE_UNAVAILABLE reason resolve_url_failed */
export async function ownUrl(question: UrlQuestion): Promise<string | undefined> {
  return (await resolved(question, { hasEnded: false, signal: question.signal })) ?? question.file.url;
}

/** @throws ModelError as `opener.openFile`, and as {@link ownUrl} */
export async function openOwnUrl(opener: SourceOpener, question: UrlQuestion): Promise<FileSource | undefined> {
  const url = await ownUrl(question);
  if (url === undefined) return undefined;
  const first = opener.openFile(url);
  if (question.resolveUrl === undefined) return { backend: first, path: '' };
  const backend = withRenewal(first, async (signal) => {
    const next = await resolved(question, { hasEnded: true, signal });
    return next === undefined ? undefined : opener.openFile(next);
  });
  return { backend, path: '' };
}

type Asked = Pick<UrlRequest, 'hasEnded' | 'signal'>;

async function resolved({ model, file, resolveUrl, emit }: UrlQuestion, asked: Asked): Promise<string | undefined> {
  try {
    return await resolveUrl?.({ model, path: file.path, ...asked });
  } catch (error) {
    const failure = isModelError(error) ? error : resolveFailed(file.path, error);
    emit?.({ type: 'source.failed', source: 'resolveUrl', file: file.path, error: failure.toJSON() });
    throw failure;
  }
}

/** Not our error: what it says may hold the URL that it was about. */
function resolveFailed(path: string, error: unknown): ModelError {
  const says = excerptOf(error instanceof Error ? error.message : String(error));
  return new ModelError('SOURCE_UNAVAILABLE', `no URL was to be had for ${path}: ${says}`, {
    reason: 'resolve_url_failed',
    hint: 'resolveUrl failed: mend it, or let it give undefined for files that have no URL of their own',
  });
}
