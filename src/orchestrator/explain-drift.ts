/** Why a file that the lockfile pins could not be had: its sources have other bytes under its name now. */
import type { FileSource, RemoteFile } from '../backends/backend.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { FilePin, FileSpec } from '../domain/spec.ts';
import { redactUrl } from '../util/redact-url.ts';
import { hashUpstream } from './hash-upstream.ts';

export interface DriftQuestion {
  /** `name@version[@variant]` */
  readonly model: string;
  readonly file: FileSpec;
  readonly sources: readonly FileSource[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Bytes that are read to name the digest of what a source has in place of the pinned file. */
const MAX_READ_BYTES = 16 * 2 ** 20;

/** @returns DRIFT where a source has, or says that it has, another file; `error` where it does not, or nothing is pinned. */
export async function explainDrift(error: unknown, question: DriftQuestion): Promise<unknown> {
  const { file, signal } = question;
  const isOfBytes = isModelError(error, 'CHECKSUM_FAIL') || isModelError(error, 'SIZE_MISMATCH');
  if (!isOfBytes || file.pin === undefined || signal.aborted) return error;
  const found: Found[] = [];
  for (const source of question.sources) {
    const one = await lookAgain(source, question, error);
    if (one !== undefined) found.push(one);
  }
  return found.length === 0 ? error : drift({ ...question, pin: file.pin }, found, error);
}

interface Found {
  readonly source: string;
  readonly size_bytes?: number;
  readonly sha256?: string;
}

/** Undefined where the source says what was pinned, or nothing. */
async function lookAgain(source: FileSource, { file, signal }: DriftQuestion, error: ModelError): Promise<Found | undefined> {
  const { label } = source.backend;
  const remote = await statOrNothing(source, signal);
  const given = (error.details.found as Readonly<Record<string, string>> | undefined)?.[label];
  if (remote === undefined || remote.sha256 === file.sha256) return undefined;
  const { sizeBytes } = remote;
  const isOther = remote.sha256 !== undefined || given !== undefined || (sizeBytes !== undefined && sizeBytes !== file.sizeBytes);
  if (!isOther) return undefined;
  const sha256 = remote.sha256 ?? given ?? (await readDigest(source, { ...remote, path: file.path }, signal));
  return { source: label, ...(sizeBytes !== undefined && { size_bytes: sizeBytes }), ...(sha256 !== undefined && { sha256 }) };
}

/** A source that does not answer explains nothing. */
async function statOrNothing({ backend, path }: FileSource, signal: AbortSignal): Promise<RemoteFile | undefined> {
  try {
    return await backend.stat(path, signal);
  } catch (error) {
    if (isModelError(error)) return undefined;
    throw error;
  }
}

async function readDigest(at: FileSource, remote: RemoteFile, signal: AbortSignal): Promise<string | undefined> {
  const { sizeBytes } = remote;
  if (sizeBytes === undefined || sizeBytes > MAX_READ_BYTES) return undefined;
  try {
    return await hashUpstream({ ...remote, sizeBytes, at, source: at.backend.label }, { signal });
  } catch (error) {
    if (isModelError(error)) return undefined;
    throw error;
  }
}

function drift(
  { model, file, nowMs, pin }: DriftQuestion & { readonly pin: FilePin },
  found: readonly Found[],
  cause: ModelError,
): ModelError {
  const { lockedAt, source, revision } = pin;
  const at = source === undefined ? '' : ` from ${redactUrl(source)}${revision === undefined ? '' : ` at ${revision}`}`;
  const now = found.map((one) => `${one.source} has ${bytesText(one.size_bytes, one.sha256)}`).join('; ');
  const today = new Date(nowMs).toISOString();
  const message = `${model}: ${file.path} was pinned on ${lockedAt.slice(0, 10)}${at} with ${bytesText(file.sizeBytes, file.sha256)}; now, on ${today.slice(0, 10)}, ${now}`;
  return new ModelError('DRIFT', message, {
    reason: 'upstream_changed',
    cause,
    attempts: cause.attempts,
    details: {
      file: file.path,
      pinned: {
        size_bytes: file.sizeBytes,
        sha256: file.sha256,
        locked_at: lockedAt,
        ...(source && { source: redactUrl(source) }),
        ...(revision && { revision }),
      },
      found,
      seen_at: today,
    },
  });
}

const bytesText = (sizeBytes: number | undefined, sha256: string | undefined): string =>
  [sha256 === undefined ? [] : `sha256 ${sha256}`, sizeBytes === undefined ? [] : `${sizeBytes} bytes`].flat().join(', ');
