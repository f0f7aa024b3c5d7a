/** The HTTP status of an error: that of its code, but for reasons that say more of it. */
import { ERROR_CODES, type ErrorDocument } from './errors.ts';

export const STATUS_OF_REASON: Readonly<Record<string, number>> = {
  file_not_proven: 404,
  not_complete: 409,
  model_exists: 409,
  idempotency_key_reused: 422,
  upload_unknown: 404,
  upload_incomplete: 409,
  upload_wrong_digest: 422,
  upload_too_large: 413,
  model_of_manifest: 409,
  precondition_failed: 412,
  registry_full: 507,
  webhook_not_found: 404,
};

type Told = Pick<ErrorDocument, 'code'> & { readonly reason?: string | undefined };

export const httpStatusOf = ({ code, reason }: Told): number => STATUS_OF_REASON[reason ?? ''] ?? ERROR_CODES[code].httpStatus;

/** Whether whoever asked can mend it, by asking otherwise or later: it is no trouble of ours, whichever way it was asked. */
export const isOfCaller = (error: Told): boolean => httpStatusOf(error) < 500;
