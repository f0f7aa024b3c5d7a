/** ListObjectsV2, page by page. Every key is looked at before it becomes a path. */
import { ModelError } from '../../domain/errors.ts';
import type { RemoteFile } from '../backend.ts';
import { checkListed } from '../check-path.ts';
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
  /** As XML. */
  readonly objects: readonly string[];
  readonly isEncoded: boolean;
  readonly next: string | undefined;
}

/** A thousand keys of a thousand bytes, each byte encoded, are some 4 MiB. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;
/** A service whose tokens never repeat would be asked for ever. A page may have fewer than the usual thousand keys. */
const MAX_PAGES = 1000;
const MAX_KEYS = 250_000;

/** @throws ModelError PATH_UNSAFE for a key that no model may hold, and what the service refuses */
export async function* listObjects(listing: Listing, signal: AbortSignal): AsyncGenerator<RemoteFile> {
  const seen = new Set<string>();
  let keys = 0;
  let token: string | undefined;
  do {
    const page: Page = await listing.bucket.learning(() => readPage(listing, token, signal));
    keys += page.objects.length;
    if (keys > MAX_KEYS) throw tooLong(listing, `${MAX_KEYS} keys`);
    yield* page.objects.flatMap((object) => fileOf(listing, object, page.isEncoded));
    token = page.next;
    if (token === undefined) return;
    if (seen.has(token)) throw unreadable(listing, 'a listing that goes round in a circle');
    seen.add(token);
  } while (seen.size < MAX_PAGES);
  throw tooLong(listing, `${MAX_PAGES} pages of keys`);
}

async function readPage(listing: Listing, token: string | undefined, signal: AbortSignal): Promise<Page> {
  const { bucket, prefix } = listing;
  const query = {
    'list-type': '2',
    'encoding-type': 'url',
    ...(prefix !== '' && { prefix }),
    ...(token !== undefined && { 'continuation-token': token }),
  };
  const xml = await readText(listing, await bucket.document({ key: '', query, signal }));
  if (!xml.includes('<ListBucketResult')) throw unreadable(listing, 'something else than a listing');
  const isEncoded = xmlText(xml, 'EncodingType') === 'url';
  return { objects: xmlElements(xml, 'Contents'), isEncoded, next: nextToken(listing, xml) };
}

function nextToken(listing: Listing, xml: string): string | undefined {
  if (xmlText(xml, 'IsTruncated') !== 'true') return undefined;
  const token = xmlText(xml, 'NextContinuationToken') ?? '';
  if (token === '') throw unreadable(listing, 'a part of a listing, and not how to ask for the rest');
  return token;
}

function fileOf(listing: Listing, object: string, isEncoded: boolean): RemoteFile[] {
  const key = decodeKey(listing, xmlText(object, 'Key') ?? '', isEncoded);
  const size = xmlText(object, 'Size') ?? '';
  if (!key.startsWith(listing.prefix) || !/^\d{1,15}$/.test(size)) throw unreadable(listing, 'an entry without key or size');
  const path = key.slice(listing.prefix.length);
  // What consoles put there so that an empty folder shows.
  if (size === '0' && (path === '' || path.endsWith('/'))) return [];
  checkListed(listing.label, path);
  const validator = strongEtag(xmlText(object, 'ETag'));
  return [{ path, sizeBytes: Number(size), ...(validator !== undefined && { validator }) }];
}

/** As answers have it, which always quote it. A weak one is no validator. */
function strongEtag(text = ''): string | undefined {
  const tag = /^(?!W\/)("?)([^"]+)\1$/.exec(text)?.[2];
  return tag === undefined ? undefined : `"${tag}"`;
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

function tooLong({ label }: Listing, than: string): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${label} cannot be listed: it has more than ${than}`, {
    reason: 'listing_too_long',
    retryable: false,
    hint: 'name a longer prefix, or list the files of the model in the manifest',
  });
}

function unreadable({ label }: Listing, what: string): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${label} cannot be listed: the service sent ${what}`, {
    reason: 'listing_unreadable',
    retryable: false,
    hint: 'check s3_endpoint_url: it must name an S3 service',
  });
}
