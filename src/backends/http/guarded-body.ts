/** A body that never gives a byte more than is due, never ends early in silence, and is never a web page. */
import { isModelError, ModelError } from '../../domain/errors.ts';
import { needsMoreBytes } from './sniff-body.ts';

export interface BodyGuard {
  /** Redacted URL of the file. */
  readonly label: string;
  /** Absent where nobody knows the length. */
  readonly lengthBytes?: number | undefined;
  /** Judges the first bytes; absent for bodies that do not start at the file's start. */
  readonly sniff?: ((firstBytes: Uint8Array) => ModelError | undefined) | undefined;
}

/** @throws ModelError INCOMPLETE_DOWNLOAD (body_short), SIZE_MISMATCH (body_long), what `sniff` found, what `source` throws. */
export async function* guardedBody(source: AsyncIterable<Uint8Array>, guard: BodyGuard): AsyncGenerator<Uint8Array> {
  const { label, lengthBytes } = guard;
  let receivedBytes = 0;
  try {
    for await (const chunk of guard.sniff === undefined ? source : sniffed(source, guard.sniff)) {
      receivedBytes += chunk.length;
      if (lengthBytes !== undefined && receivedBytes > lengthBytes) throw tooLong(label, lengthBytes);
      yield chunk;
    }
  } catch (error) {
    const isCut = isModelError(error, 'SOURCE_UNAVAILABLE') && error.reason === 'connection_reset' && lengthBytes !== undefined;
    throw isCut ? tooShort({ label, lengthBytes, receivedBytes, cause: error }) : error;
  }
  if (lengthBytes !== undefined && receivedBytes < lengthBytes) throw tooShort({ label, lengthBytes, receivedBytes });
}

async function* sniffed(source: AsyncIterable<Uint8Array>, sniff: NonNullable<BodyGuard['sniff']>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array();
  let judged = false;
  for await (const chunk of source) {
    if (judged) {
      yield chunk;
      continue;
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (needsMoreBytes(held)) continue;
    judge(held, sniff);
    judged = true;
    yield held;
  }
  if (judged || held.length === 0) return;
  judge(held, sniff);
  yield held;
}

function judge(firstBytes: Uint8Array, sniff: NonNullable<BodyGuard['sniff']>): void {
  const fault = sniff(firstBytes);
  if (fault !== undefined) throw fault;
}

function tooLong(label: string, lengthBytes: number): ModelError {
  return new ModelError('SIZE_MISMATCH', `${label} sends more than the ${lengthBytes} bytes that are due`, {
    reason: 'body_long',
    details: { expected_bytes: lengthBytes },
  });
}

interface ShortBody {
  readonly label: string;
  readonly lengthBytes: number;
  readonly receivedBytes: number;
  readonly cause?: ModelError;
}

function tooShort({ label, lengthBytes, receivedBytes, cause }: ShortBody): ModelError {
  return new ModelError('INCOMPLETE_DOWNLOAD', `${label} ended after ${receivedBytes} of ${lengthBytes} bytes`, {
    reason: 'body_short',
    cause,
    details: { expected_bytes: lengthBytes, received_bytes: receivedBytes },
  });
}
