/** `sources`: the places that a model's bytes would come from, best first, and on request how well each answers. */
import { isCredentialed, type StorageBackend } from '../backends/backend.ts';
import { asModelError } from '../domain/errors.ts';
import type { ModelSource, SourcesReport } from '../domain/results.ts';
import type { FileSpec } from '../domain/spec.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { SourcesOptions } from './api.ts';
import { originsOf } from './file-sources.ts';
import type { Orchestration, SourceOpener } from './orchestration.ts';
import { type ProbeFile, probeSource } from './probe-source.ts';
import { resolveTarget, type Target } from './target.ts';

interface Place {
  readonly url: string;
  readonly files: readonly ProbeFile[];
  /** The file whose own URL it is. */
  readonly owner?: FileSpec;
}

/** One place after the other, so that no probe takes the line of another. Writes nothing. */
export async function sourcesOf(work: Orchestration, modelId: string, options: SourcesOptions = {}): Promise<SourcesReport> {
  const target = await resolveTarget(work, modelId, options);
  const opener = await work.sources(options.offline ?? work.settings.offline);
  const sources: ModelSource[] = [];
  for (const place of placesOf(target)) sources.push(await describePlace(work, { opener, place, options }));
  return { ref: target.spec.ref, variant: target.spec.variant, sources };
}

/** Own URLs first, as ensure tries them; then every source that some file is looked for at, in the order of the manifest. */
function placesOf({ spec, files }: Target): readonly Place[] {
  const own = files.flatMap((file) => (file.url === undefined ? [] : [{ url: file.url, owner: file, files: [{ spec: file, path: '' }] }]));
  const asked = files.flatMap((file) => originsOf(spec, file).map(({ source, path }) => ({ source, file: { spec: file, path } })));
  const bySource = Map.groupBy(asked, ({ source }) => source);
  return [...own, ...[...bySource].map(([url, found]) => ({ url, files: found.map(({ file }) => file) }))];
}

interface Described {
  readonly opener: SourceOpener;
  readonly place: Place;
  readonly options: SourcesOptions;
}

async function describePlace(work: Orchestration, { opener, place, options }: Described): Promise<ModelSource> {
  const { url, owner, files } = place;
  const signal = options.signal ?? new AbortController().signal;
  const plain = { source: redactUrl(url), fileCount: files.length, ...(owner && { file: owner.path }) };
  try {
    const backend = owner === undefined ? opener.open(url) : opener.openFile(url);
    return {
      ...plain,
      ...(backend.host !== undefined && { host: backend.host }),
      ...(await credentialsOf(backend, signal)),
      ...(options.probe === true && { probe: await probeSource(backend, files, { clock: work.store.clock, signal }) }),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...plain, error: asModelError(error).toJSON() };
  }
}

async function credentialsOf(backend: StorageBackend, signal: AbortSignal): Promise<Pick<ModelSource, 'credentials'>> {
  const credentials = isCredentialed(backend) ? await backend.credentialsFrom(signal) : undefined;
  return credentials === undefined ? {} : { credentials };
}
