import { ModelError } from '../../domain/errors.ts';
import { keyReused } from '../../domain/key-reused.ts';
import type { UploadRecord } from '../../domain/uploads.ts';

export const uploadUnknown = (id: string): ModelError =>
  new ModelError('INVALID_INPUT', `there is no upload ${JSON.stringify(id.slice(0, 64))}, or it is over`, {
    reason: 'upload_unknown',
    hint: 'begin a new one; what was complete of the old one is found here and need not be sent again',
  });

export const fileUnknown = (id: string, index: number, count: number): ModelError =>
  new ModelError('INVALID_INPUT', `the upload ${id} has files 0 to ${count - 1}, and no file ${index}`, { reason: 'upload_unknown' });

export const uploadInvalid = (where: string, message: string): ModelError =>
  new ModelError('INVALID_INPUT', `${where}: ${message}`, { reason: 'upload_invalid', details: { problems: [{ where, message }] } });

export const beganAnother = ({ id, model_id: modelId }: UploadRecord): ModelError =>
  keyReused(`this Idempotency-Key began another upload: ${id}, of ${modelId}`);

export const tooManyUploads = (count: number): ModelError =>
  new ModelError('RATE_LIMIT', `${count} uploads are open already`, {
    reason: 'too_many_uploads',
    hint: 'complete or abandon some of them: they are listed at /v1/uploads',
  });

export const offsetDiffers = (asked: number, offset: number): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `the next byte that is wanted is ${offset}, not ${asked}`, {
    reason: 'upload_offset',
    hint: 'ask for the offset (HEAD), and go on from there',
    details: { offset, asked },
  });

export const tooLong = (path: string, sizeBytes: number): ModelError =>
  new ModelError('INVALID_INPUT', `more bytes came than the ${sizeBytes} of ${path}; those beyond were not kept`, {
    reason: 'upload_too_long',
  });

export const wrongDigest = (path: string, expected: string, found: string): ModelError =>
  new ModelError('CHECKSUM_FAIL', `${path}: what came has the sha256 ${found}, not ${expected}; none of it is kept`, {
    reason: 'upload_wrong_digest',
    hint: 'send the file again from its first byte, or begin an upload with the right digest',
    details: { path, expected, found },
  });

export const incomplete = (id: string, missing: readonly { readonly path: string; readonly offset: number }[]): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `the upload ${id} is not complete: ${missing.length} files want bytes, first of all ${missing[0]?.path}`,
    {
      reason: 'upload_incomplete',
      hint: 'send what is missing, then complete it',
      details: { missing: missing.slice(0, 100) },
    },
  );
