/** Documents and questions of /uploads. */
import { z } from 'zod';
import { bytes } from '../../documents/envelope.ts';
import { isUploadId, UPLOAD_LIMITS } from '../../domain/uploads.ts';
import { whole } from './query.ts';
import { digest, entryFields, registration } from './registry.ts';

/** As the tus protocol has it. */
export const UPLOAD_TYPE = 'application/offset+octet-stream';

const moment = z.iso.datetime();

const { id, model_id, name, version, model_type } = registration.shape;

/** Strict: a digest that nobody reads would prove nothing. */
export const newUpload = z.strictObject({
  ...{ id, model_id, name, version, model_type },
  ...entryFields,
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(4096),
        size: z.int().min(0),
        sha256: digest.optional().meta({ description: 'other bytes are refused; without it, what came is told' }),
      }),
    )
    .min(1)
    .max(UPLOAD_LIMITS.files),
});

export const uploadParams = z.object({ id: z.string().refine(isUploadId, 'is not 32 hex digits').meta({ description: 'of an upload' }) });
export const uploadFileParams = uploadParams.extend({
  file: whole(0, UPLOAD_LIMITS.files).meta({ description: 'number of the file, from 0' }),
});

export const offsetHeaders = z.object({
  'upload-offset': whole(0, Number.MAX_SAFE_INTEGER).meta({ description: 'of the first byte that is sent' }),
});

export const uploadDocument = z.object({
  id: z.string(),
  model_id: z.string(),
  status: z.enum(['receiving', 'received']).meta({ description: 'received: it can be completed' }),
  files: z.array(
    z.object({
      file: z.int().min(0),
      path: z.string(),
      size_bytes: bytes,
      offset: bytes.meta({ description: 'what must come next begins here' }),
      state: z.enum(['receiving', 'received', 'proven']),
      sha256: z.string().nullable().meta({ description: 'given, or of what came' }),
      url: z.string().meta({ description: 'for HEAD and PATCH' }),
    }),
  ),
  total_bytes: bytes,
  received_bytes: bytes,
  created_at: moment,
  expires_at: moment.meta({ description: 'moved on by every byte that comes' }),
});

export const uploadList = z.object({ uploads: z.array(uploadDocument), total: z.int().min(0) });

export const abandoned = z.object({ success: z.literal(true), message: z.string(), id: z.string() });
