/** Which URL a key has at a service. Pure. */
import type { S3Config } from './s3-config.ts';

export interface S3Service {
  /** Absent: AWS. */
  readonly endpoint?: URL | undefined;
  readonly region: string;
  readonly addressing: NonNullable<S3Config['addressing']>;
}

/** What a host name may begin with under one of the service's certificates: no dots, no capitals. */
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$/;

/** @param query in the order that it is to be sent */
export function s3Url(service: S3Service, bucket: string, key: string, query: Readonly<Record<string, string>> = {}): URL {
  const { protocol, host, pathname } = serviceUrl(service);
  const inHost = isInHost(service, bucket);
  const base = `${protocol}//${inHost ? `${bucket}.` : ''}${host}${pathname.replace(/\/$/, '')}`;
  const search = Object.entries(query).map(([name, value]) => `${encodeS3(name)}=${encodeS3(value)}`);
  const path = `${inHost ? '' : `/${bucket}`}/${key.split('/').map(encodeS3).join('/')}`;
  return new URL(base + path + (search.length === 0 ? '' : `?${search.join('&')}`));
}

/** Of the service itself, beneath which all buckets are. */
export const serviceUrl = ({ endpoint, region }: S3Service): URL => endpoint ?? awsEndpoint(region);

/** Percent-encoding as signatures are made over it: stricter than encodeURIComponent, and the same on every side. */
const encodeS3 = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function isInHost({ addressing, endpoint }: S3Service, bucket: string): boolean {
  if (addressing !== 'auto') return addressing === 'virtual';
  return endpoint === undefined && DNS_LABEL.test(bucket);
}

/** Regions of China have a domain of their own. */
const awsEndpoint = (region: string): URL => new URL(`https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`);
