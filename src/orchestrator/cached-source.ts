/** The shared Hugging Face cache as one more source of a file, before the first one with a network. */
import type { FileSource } from '../backends/backend.ts';
import { placeInCache } from '../backends/hf-cache/repo-folder.ts';
import { asModelError } from '../domain/errors.ts';
import type { BytesOrigin } from '../domain/events.ts';
import { HF_CACHE_SCHEME } from '../domain/hf-cache-scheme.ts';
import type { FileDigest } from '../domain/published-digest.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { TransferOutcome } from '../transfer/transfer.ts';
import type { EnsureRun } from './ensure-run.ts';
import { originsOf } from './file-sources.ts';

export interface CacheQuestion {
  readonly digest: FileDigest;
  /** Paths of the model that have these bytes, at least one. */
  readonly files: readonly FileSpec[];
}

/** Who looks: a run of ensure, or a plan of one. */
export type CacheReader = Pick<EnsureRun, 'work' | 'target' | 'signal' | 'emit'>;

/** Undefined where the cache has not got the bytes, is switched off, or cannot be read: that is told, and costs no download. */
export async function cachedSource(run: CacheReader, { digest, files }: CacheQuestion): Promise<FileSource | undefined> {
  const [first] = files;
  const cache = await run.work.hfCache();
  if (cache === undefined || first === undefined) return undefined;
  const { spec } = run.target;
  const origins = files.flatMap((file) => originsOf(spec, file));
  const places = origins.flatMap(({ source, path }) => placeInCache(source, path) ?? []);
  try {
    return await cache.find({ digest, sizeBytes: first.sizeBytes, places }, run.signal);
  } catch (error) {
    if (run.signal.aborted) throw error;
    run.emit({ type: 'source.failed', source: cache.label, file: first.path, error: asModelError(error).toJSON() });
    return undefined;
  }
}

export function beforeNetwork(sources: readonly FileSource[], cached: FileSource): FileSource[] {
  const at = sources.findIndex(({ backend }) => backend.host !== undefined);
  return at < 0 ? [...sources, cached] : sources.toSpliced(at, 0, cached);
}

const ON_THIS_MACHINE = [`${HF_CACHE_SCHEME}://`, 'tier://'];

/** Bytes of the cache, or of a tier, that nothing had to be fetched for are copied ones. */
export const bytesOrigin = ({ sources, fetchedBytes }: Pick<TransferOutcome, 'sources' | 'fetchedBytes'>): BytesOrigin =>
  fetchedBytes === 0 && sources.some((label) => ON_THIS_MACHINE.some((scheme) => label.startsWith(scheme))) ? 'copied' : 'fetched';
