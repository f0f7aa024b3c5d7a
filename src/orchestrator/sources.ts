/** `sources`: the places that a model's bytes would come from, best first, and on request how well each answers. */
import { isCredentialed, type StorageBackend } from '../backends/backend.ts';
import { asModelError, ModelError } from '../domain/errors.ts';
import type { ModelSource, SourcesReport } from '../domain/results.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { KnownFailures, KnownPlace } from '../limits/known-failures.ts';
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

/** One place after the other, so that no probe takes the line of another. Writes nothing; forgetting removes records. */
export async function sourcesOf(work: Orchestration, modelId: string, options: SourcesOptions = {}): Promise<SourcesReport> {
  const target = await resolveTarget(work, modelId, options);
  const opener = await work.sources(options.offline ?? work.settings.offline);
  const known = await work.knownFailures();
  const places = placesOf(target);
  const forgotten = options.forget === true ? await forgetAll(known, opener, places) : undefined;
  const sources: ModelSource[] = [];
  for (const place of places) sources.push(await describePlace(work, { opener, known, place, options }));
  return { ref: target.spec.ref, variant: target.spec.variant, sources, ...(forgotten !== undefined && { forgotten }) };
}

async function forgetAll(known: KnownFailures, opener: SourceOpener, places: readonly Place[]): Promise<number> {
  let forgotten = 0;
  for (const place of places) {
    const backend = openUnlessRefused(opener, place);
    const where = backend instanceof ModelError ? undefined : knownPlace(backend, place);
    if (where !== undefined) forgotten += await known.forget(where);
  }
  return forgotten;
}

/** Own URLs first, as ensure tries them; then every source that some file is looked for at, in the order of the manifest. */
function placesOf({ spec, files: wanted }: Target): readonly Place[] {
  const files = wanted.map((file) => file.derive?.inputs[0] ?? file);
  const own = files.flatMap((file) => (file.url === undefined ? [] : [{ url: file.url, owner: file, files: [{ spec: file, path: '' }] }]));
  const asked = files.flatMap((file) => originsOf(spec, file).map(({ source, path }) => ({ source, file: { spec: file, path } })));
  const bySource = Map.groupBy(asked, ({ source }) => source);
  return [...own, ...[...bySource].map(([url, found]) => ({ url, files: found.map(({ file }) => file) }))];
}

interface Described {
  readonly opener: SourceOpener;
  readonly known: KnownFailures;
  readonly place: Place;
  readonly options: SourcesOptions;
}

async function describePlace(work: Orchestration, { opener, known, place, options }: Described): Promise<ModelSource> {
  const { url, owner, files } = place;
  const signal = options.signal ?? new AbortController().signal;
  const plain = { source: redactUrl(url), fileCount: files.length, ...(owner && { file: owner.path }), failures: [] };
  const backend = openUnlessRefused(opener, place);
  if (backend instanceof ModelError) return { ...plain, error: backend.toJSON() };
  const where = knownPlace(backend, place);
  const found = { ...plain, ...(where && { host: where.host, failures: known.of(where) }) };
  try {
    return {
      ...found,
      ...(await credentialsOf(backend, signal)),
      ...(options.probe === true && { probe: await probeSource(backend, files, { clock: work.store.clock, signal }) }),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...found, error: asModelError(error).toJSON() };
  }
}

function openUnlessRefused(opener: SourceOpener, { url, owner }: Place): StorageBackend | ModelError {
  try {
    return owner === undefined ? opener.open(url) : opener.openFile(url);
  } catch (error) {
    return asModelError(error);
  }
}

/** Only hosts are remembered, and what they say of files that lie under a source of the manifest. */
function knownPlace({ label, host }: StorageBackend, { files, owner }: Place): KnownPlace | undefined {
  if (host === undefined) return undefined;
  return { label, host, paths: owner === undefined ? files.map(({ path }) => path) : [] };
}

async function credentialsOf(backend: StorageBackend, signal: AbortSignal): Promise<Pick<ModelSource, 'credentials'>> {
  const credentials = isCredentialed(backend) ? await backend.credentialsFrom(signal) : undefined;
  return credentials === undefined ? {} : { credentials };
}
