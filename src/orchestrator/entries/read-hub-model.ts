/** A repository of the Hub -> all its files with size and sha256, at the commit that it has now. */
import type { StorageBackend } from '../../backends/backend.ts';
import { sha256Of } from '../../domain/digest.ts';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { EntryFile } from '../../domain/registry-entry.ts';
import { UPLOAD_LIMITS } from '../../domain/uploads.ts';
import { filesFault } from '../../registry/entries/files-fault.ts';
import { sourceFault } from '../../registry/entries/url-fault.ts';
import { ownersOfModel } from '../../registry/lock-owners.ts';
import type { LockEntryBody } from '../../registry/lockfile.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration, SourceOpener } from '../orchestration.ts';
import { pinPart } from '../pin-part.ts';
import { ReadMeter } from '../read-meter.ts';

export interface HubModel {
  /** `hf://org/name@commit` */
  readonly source: string;
  readonly files: readonly EntryFile[];
}

/** What the Hub publishes no sha256 of is read, to know it: configurations and tokenizers, not weights. */
const MAX_READ_BYTES = 256 * 1024 * 1024;

/** @throws ModelError INVALID_INPUT with reason entry_invalid for what can be no model here; OFFLINE, GATED and whatever the Hub refuses with */
export async function readHubModel(work: Orchestration, modelId: string, source: string, call: CallOptions): Promise<HubModel> {
  const { signal = new AbortController().signal } = call;
  const emit = work.emitter(call, modelId);
  await using opener = await work.freshSources(work.settings.offline, emit);
  await refuseLarge(opener, source, signal);
  const [owner] = ownersOfModel(modelId, { sources: { priority: [source] } });
  if (owner === undefined) throw new Error('a model with a source has files to pin');
  const part = { owner, usedBy: [modelId], isEdited: false };
  const meter = new ReadMeter(work.store.clock, emit);
  const now = new Date(work.store.clock.now()).toISOString();
  const { entry } = await pinPart({ part, opener, update: true, read: true, signal, meter, now });
  return modelOf(source, entry);
}

async function refuseLarge(opener: SourceOpener, source: string, signal: AbortSignal): Promise<void> {
  let [count, unpublished] = [0, 0];
  for await (const { sha256, sizeBytes = 0 } of repository(opener, source).list(signal)) {
    count++;
    if (sha256 === undefined) unpublished += sizeBytes;
    if (count > UPLOAD_LIMITS.files) throw refused(source, `has more than ${UPLOAD_LIMITS.files} files`);
    if (unpublished > MAX_READ_BYTES)
      throw refused(source, `has more than ${formatBytes(MAX_READ_BYTES)} in files that the Hub publishes no sha256 of`);
  }
  if (count === 0) throw refused(source, 'has no files');
}

/** That what a caller wrote is no URL is the caller's fault, not the configuration's. */
function repository(opener: SourceOpener, source: string): StorageBackend {
  try {
    return opener.open(source);
  } catch (error) {
    throw isModelError(error, 'INVALID_CONFIG') ? refused(source, 'names no repository of the Hub') : error;
  }
}

function modelOf(asked: string, { resolved, files }: LockEntryBody): HubModel {
  const fault = sourceFault(resolved) ?? filesFault(files.map(({ path }) => path))?.message;
  if (resolved === undefined || fault !== undefined) throw refused(asked, `cannot be kept: ${fault}`);
  return { source: resolved, files: files.map(({ path, size, sha256 = '' }) => ({ path, sizeBytes: size, sha256: sha256Of(sha256) })) };
}

const refused = (source: string, why: string): ModelError =>
  new ModelError('INVALID_INPUT', `url: ${source} ${why}`, {
    reason: 'entry_invalid',
    hint: 'name `files` with path, url, size and sha256 of each, or let whoever rules the manifest run `wan models add`',
    details: { problems: [{ where: 'url', message: why }] },
  });
