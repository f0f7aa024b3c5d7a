/** Reads a file at its source for no other reason than to know its sha256. */
import { createHash } from 'node:crypto';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { UpstreamFile } from './read-upstream.ts';

/** Broken bodies in a row without a byte in between. */
const MAX_BREAKS = 4;

export interface HashUpstreamOptions {
  readonly signal: AbortSignal;
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** @throws ModelError CHECKSUM_FAIL where the bytes are not those that git's id names, and whatever the source fails with */
export async function hashUpstream(file: UpstreamFile, { signal, onRead }: HashUpstreamOptions): Promise<Sha256> {
  const { sizeBytes, gitOid } = file;
  const sha256 = createHash('sha256');
  const git = createHash('sha1').update(`blob ${sizeBytes}\0`);
  for await (const chunk of wholeFile(file, signal)) {
    sha256.update(chunk);
    onRead?.(chunk.length);
    if (gitOid !== undefined) git.update(chunk);
  }
  const found = git.digest('hex');
  if (gitOid !== undefined && found !== gitOid) throw wrongBytes(file, found);
  return sha256Of(sha256.digest('hex'));
}

/** A body that breaks is opened anew where it broke, where something tells that the source still has the same bytes. */
async function* wholeFile(file: UpstreamFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const canGoOn = file.validator !== undefined || file.gitOid !== undefined;
  let offset = 0;
  let breaks = 0;
  while (true) {
    try {
      for await (const chunk of bodyFrom(file, offset, signal)) {
        offset += chunk.length;
        breaks = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (!isModelError(error) || !error.retryable || signal.aborted || ++breaks > MAX_BREAKS) throw error;
      if (offset > 0 && !canGoOn) throw error;
    }
  }
}

/** A source may ignore the offset, and begin anew. */
async function* bodyFrom({ at, sizeBytes, validator }: UpstreamFile, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const opened = await at.backend.open(at.path, {
    range: { offset },
    expectedBytes: sizeBytes,
    signal,
    ...(validator !== undefined && { validator }),
  });
  let skip = offset - opened.offset;
  for await (const chunk of opened.body) {
    if (chunk.length > skip) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

const wrongBytes = ({ at, path, gitOid }: UpstreamFile, found: string): ModelError =>
  new ModelError('CHECKSUM_FAIL', `${at.backend.label} sends other bytes for ${path} than it says: git id ${found} instead of ${gitOid}`, {
    details: { file: path, expected: gitOid, found },
  });
