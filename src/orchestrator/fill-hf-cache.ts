/** `hf_cache = "populate"`: what came from the Hub is laid down in the cache of its clients too. */
import type { StorageBackend } from '../backends/backend.ts';
import { type HubFacts, hasHubFacts } from '../backends/hf-cache/hub-file.ts';
import { throwIfCancelled } from '../domain/cancelled.ts';
import { asModelError } from '../domain/errors.ts';
import { isUnwritable } from '../domain/fs-error.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { EnsureRun } from './ensure-run.ts';
import { originsOf } from './file-sources.ts';
import { blobsOf, digestOf, type Obtained } from './obtain-files.ts';

/**
 * All files of this run that a Hub source lists which bytes were fetched from: a snapshot is of use when it is whole. The model
 * is complete already, so that what fails here is told and costs nothing else.
 */
export async function fillHfCache(run: EnsureRun, obtained: Obtained): Promise<void> {
  const asked = new Set([...blobsOf(obtained)].flatMap(({ fetchedBytes, sources }) => (fetchedBytes > 0 ? sources : [])));
  const layDown = (await run.work.hfCache())?.layDown;
  if (layDown === undefined || asked.size === 0) return;
  for (const file of run.target.files) {
    throwIfCancelled(run.signal, 'filling the Hub cache');
    // What was made here is no file of the Hub's.
    const digest = file.derive === undefined ? digestOf(obtained, file) : undefined;
    const hub = digest && hubOrigin(run, file, asked);
    if (!hub) continue;
    try {
      await layDown(await hub.backend.hubFile(hub.path, run.signal), { path: run.work.blobs.path(digest), sha256: digest });
    } catch (error) {
      const failure = asModelError(error);
      // The Hub has no such file, and so its cache has no name for it.
      if (failure.code === 'SOURCE_UNAVAILABLE' && failure.reason === 'not_found') continue;
      warn(run, failure.message, isUnwritable(error) ? PLACE_HINT : failure.hint);
      if (failure.code !== 'DRIFT') return;
    }
  }
}

const PLACE_HINT =
  'set HF_HUB_CACHE to a place that can be written and has room (`hf cache prune` frees some), or hf_cache = "adopt", which puts nothing there';

function warn({ emit }: EnsureRun, message: string, hint: string): void {
  emit({ type: 'warning', code: 'hf_cache_not_filled', message: `not put into the Hub cache: ${message} (${hint})` });
}

interface HubOrigin {
  readonly backend: StorageBackend & HubFacts;
  readonly path: string;
}

function hubOrigin({ sources, target }: EnsureRun, file: FileSpec, asked: ReadonlySet<string>): HubOrigin | undefined {
  for (const { source, path } of originsOf(target.spec, file)) {
    if (!source.startsWith('hf:')) continue;
    const backend = sources.open(source);
    if (hasHubFacts(backend) && asked.has(backend.label)) return { backend, path };
  }
  return undefined;
}
