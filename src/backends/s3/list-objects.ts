/** ListObjectsV2, page by page. Every key is looked at before it becomes a path. */
import { ModelError } from '../../domain/errors.ts';
import { pathFault } from '../../domain/path-rules.ts';
import type { RemoteFile } from '../backend.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { xmlElements, xmlText } from './s3-xml.ts';

export interface Listing {
  readonly bucket: S3Bucket;
  /** Redacted source. */
  readonly label: string;
  /** With its slash, or empty. */
  readonly prefix: string;
}

interface Page {
  readonly files: readonly RemoteFile[];
  readonly next: string | undefined;
}

/** A thousand keys of a thousand bytes, each byte encoded, are some 4 MiB. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** @throws ModelError PATH_UNSAFE for a key that no model may hold, and what the service refuses */
export async function* listObjects(listing: Listing, signal: AbortSignal): AsyncGenerator<RemoteFile> {
  let token: string | undefined;
  do {
    const page: Page = await listing.bucket.learning(() => readPage(listing, token, signal));
    yield* page.files;
    if (page.next !== undefined && page.next === token) throw unreadable(listing, 'a listing that never ends');
    token = page.next;
  } while (token !== undefined);
}

async function readPage(listing: Listing, token: string | undefined, signal: AbortSignal): Promise<Page> {
  const { bucket, prefix } = listing;
  const query = {
    'list-type': '2',
    'encoding-type': 'url',
    ...(prefix !== '' && { prefix }),
    ...(token !== undefined && { 'continuation-token': token }),
  };
  const xml = await readText(listing, await bucket.get({ key: '', query, signal }));
  if (!xml.includes('<ListBucketResult')) throw unreadable(listing, 'something else than a listing');
  const isEncoded = xmlText(xml, 'EncodingType') === 'url';
  const files = xmlElements(xml, 'Contents').flatMap((object) => fileOf(listing, object, isEncoded));
  return { files, next: xmlText(xml, 'IsTruncated') === 'true' ? (xmlText(xml, 'NextContinuationToken') ?? '') : undefined };
}

function fileOf(listing: Listing, object: string, isEncoded: boolean): RemoteFile[] {
  const key = decodeKey(listing, xmlText(object, 'Key') ?? '', isEncoded);
  const size = xmlText(object, 'Size') ?? '';
  if (!key.startsWith(listing.prefix) || !/^\d{1,15}$/.test(size)) throw unreadable(listing, 'an entry without key or size');
  const path = key.slice(listing.prefix.length);
  // What consoles put there so that an empty folder shows.
  if (size === '0' && (path === '' || path.endsWith('/'))) return [];
  refuseUnsafe(listing, path);
  const etag = xmlText(object, 'ETag')?.replace(/^"?([^"]*)"?$/, '"$1"');
  return [{ path, sizeBytes: Number(size), ...(etag !== undefined && { validator: etag }) }];
}

/** As forms are encoded: a plus is a space. */
function decodeKey(listing: Listing, text: string, isEncoded: boolean): string {
  if (!isEncoded) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw unreadable(listing, `a key that is not well encoded: ${JSON.stringify(text.slice(0, 120))}`);
  }
}

function refuseUnsafe({ label }: Listing, path: string): void {
  const fault = pathFault(path);
  if (fault === undefined) return;
  throw new ModelError('PATH_UNSAFE', `${label} lists ${JSON.stringify(path.slice(0, 200))}, which ${fault.message}`, {
    reason: fault.reason,
    hint: 'rename the object, or name the files of the model in the manifest',
  });
}

async function readText(listing: Listing, answer: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > MAX_PAGE_BYTES) throw unreadable(listing, 'a page of more than 16 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unreadable({ label }: Listing, what: string): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${label} cannot be listed: the service sent ${what}`, {
    reason: 'listing_unreadable',
    retryable: false,
    hint: 'check s3_endpoint_url: it must name an S3 service',
  });
}
