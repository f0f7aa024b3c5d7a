/** Signed URLs say when they end: in the words of S3, Google, Azure, and of the older `Expires`. Pure. */
import { ModelError } from '../../domain/errors.ts';
import type { RefusedAnswer } from './http-backend.ts';

export const EXPIRED_HINT =
  'the signed URL has ended: ask for a new one, put it into the manifest or the file of --presigned, and run the same command again';

export const REFUSED_URL_HINT =
  'the server does not accept this URL as it stands: ask for a new one, put it into the manifest or the file of --presigned, and run the same command again';

/** Epoch milliseconds; undefined for a URL that is not signed, or does not say. */
export function signedUntilMs(url: URL): number | undefined {
  const query = new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  return (
    fromDateAndLifetime(query, 'x-amz-') ??
    fromDateAndLifetime(query, 'x-goog-') ??
    fromDate(query.get('se')) ??
    fromEpoch(query.get('expires'))
  );
}

type Refused = Pick<RefusedAnswer, 'url' | 'status' | 'headers' | 'label' | 'nowMs'>;

/** A refusal of a URL whose time is over, by the server's clock where it tells it: then nothing else need be wrong with it. */
export function expiredError({ url, status, headers, label, nowMs }: Refused): ModelError | undefined {
  const endedMs = signedUntilMs(url);
  const theirMs = Date.parse(headers.date ?? '');
  if (endedMs === undefined || endedMs > (Number.isNaN(theirMs) ? nowMs : theirMs) || ![400, 401, 403, 404, 410].includes(status))
    return undefined;
  return new ModelError('AUTH_FAIL', `${label}: the signed URL ended at ${new Date(endedMs).toISOString()}`, {
    reason: 'expired',
    hint: EXPIRED_HINT,
    details: { http_status: status, ended_at: new Date(endedMs).toISOString() },
  });
}

type Query = ReadonlyMap<string, string>;

/** `20261123T213000Z`, and seconds from then. */
function fromDateAndLifetime(query: Query, prefix: string): number | undefined {
  const date = query.get(`${prefix}date`)?.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5');
  const lifetime = query.get(`${prefix}expires`) ?? '';
  const begunMs = fromDate(date);
  return begunMs === undefined || !/^\d{1,9}$/.test(lifetime) ? undefined : begunMs + Number(lifetime) * 1000;
}

function fromDate(text: string | undefined): number | undefined {
  const ms = /^\d{4}-\d\d-\d\d/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Ten digits: seconds since 1970, for the next two hundred years. */
const fromEpoch = (text: string | undefined): number | undefined => (/^\d{10}$/.test(text ?? '') ? Number(text) * 1000 : undefined);
