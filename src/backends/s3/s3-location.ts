/** `s3://bucket/prefix`. Keys stand in it as they are: nothing is decoded, as with every other S3 tool. */
import { ModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';

export interface S3Location {
  readonly bucket: string;
  /** Key of the one file, or what the keys of all files begin with: without a slash at its end, empty for the whole bucket. */
  readonly key: string;
  /** Of the one file. */
  readonly versionId?: string;
}

const BUCKET = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/;

/** Where the files of a source lie. @throws ModelError INVALID_CONFIG */
export function parseS3Prefix(url: string): S3Location {
  const { bucket, rest } = split(url);
  if (/[?#]/.test(rest))
    throw invalid(url, 'a source of many files takes no query: name a version at the one file that has it', 'url_query');
  return checked(url, { bucket, key: rest.replace(/\/$/, '') });
}

/** Where one file lies: `s3://bucket/key`, or `s3://bucket/key?versionId=…` for one version of it. @throws ModelError INVALID_CONFIG */
export function parseS3Object(url: string): S3Location {
  const { bucket, rest } = split(url);
  const [, key = '', versionId] = /^(.*?)(?:\?versionId=([^&#]+))?$/s.exec(rest) ?? [];
  if (key.includes('?')) throw invalid(url, 'of all queries only ?versionId=… is understood', 'url_query');
  if (key === '' || key.endsWith('/')) throw invalid(url, 'it names no object', 'url_malformed');
  return checked(url, { bucket, key, ...(versionId !== undefined && { versionId: decoded(url, versionId) }) });
}

/** Key of a file under a prefix. */
export const keyOf = ({ key }: S3Location, path: string): string => (key === '' ? path : `${key}/${path}`);

function split(url: string): { bucket: string; rest: string } {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/?#]*)(?:\/(.*))?$/is.exec(url) ?? [];
  if (!BUCKET.test(bucket)) throw invalid(url, 'it names no bucket', 'url_malformed');
  return { bucket, rest };
}

/** URLs have no place for these two: every client on the way would take them for steps up the path. */
function checked(url: string, location: S3Location): S3Location {
  if (location.key.split('/').some((segment) => segment === '.' || segment === '..'))
    throw invalid(url, 'its key has "." or ".." as a folder', 'url_malformed');
  if (!location.key.isWellFormed()) throw invalid(url, 'its key is not valid Unicode', 'url_malformed');
  return location;
}

function decoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw invalid(url, 'its version id is not well encoded', 'url_malformed');
  }
}

function invalid(url: string, why: string, reason: string): ModelError {
  return new ModelError('INVALID_CONFIG', `the source ${redactUrl(url)} cannot be used: ${why}`, {
    reason,
    hint: 'write s3://bucket/prefix for the files of a model, s3://bucket/key for a single file',
  });
}
