/** What every backend says when a source's file is not the one expected. */
import { ModelError } from '../domain/errors.ts';
import type { OpenOptions } from './backend.ts';

export interface FoundFile {
  readonly sizeBytes: number;
  readonly validator: string;
}

/** For backends that know the file before they open it. @throws ModelError DRIFT, SIZE_MISMATCH */
export function checkFound(label: string, found: FoundFile, { range, validator, expectedBytes }: OpenOptions): void {
  if (validator !== undefined && validator !== found.validator) throw validatorChanged(label, validator, found.validator);
  if (expectedBytes !== undefined && expectedBytes !== found.sizeBytes) throw wrongSize(label, expectedBytes, found.sizeBytes);
  if (range !== undefined && range.offset > found.sizeBytes) throw beyondEnd(label, range.offset, found.sizeBytes);
}

/** A range that starts after the end of the file means that one of the two sizes is wrong. */
export function beyondEnd(label: string, offset: number, totalBytes: number): ModelError {
  return new ModelError('SIZE_MISMATCH', `${label} has ${totalBytes} bytes: none can be read from byte ${offset}`, {
    reason: 'beyond_end',
    details: { offset, found_bytes: totalBytes },
  });
}

export function wrongSize(label: string, expectedBytes: number, foundBytes: number): ModelError {
  return new ModelError('SIZE_MISMATCH', `${label} has ${foundBytes} bytes instead of ${expectedBytes}`, {
    reason: 'total_wrong',
    details: { expected_bytes: expectedBytes, found_bytes: foundBytes },
  });
}

export function validatorChanged(label: string, held: string, found: string | undefined): ModelError {
  return new ModelError('DRIFT', `${label} has changed since part of it was read`, {
    reason: 'validator_changed',
    details: { held, ...(found !== undefined && { found }) },
  });
}

export function fileNotFound(label: string, cause?: unknown): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `there is no file ${label}`, { reason: 'not_found', retryable: false, cause });
}
