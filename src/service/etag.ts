/** Entity tags of model documents: what can be changed of a model, then all that is shown of it. Pure. */
import { fingerprint } from '../util/fingerprint.ts';

/** @param tag another one for each state of what can be changed */
export const documentEtag = (tag: string, document: unknown): string => `"${tag}-${fingerprint(Buffer.from(JSON.stringify(document)))}"`;

/** Of an If-None-Match header. */
export const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined && (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));

/**
 * What an If-Match header asks to be as it was seen: only what can be changed counts, so that a download that goes on is no conflict.
 * Undefined where it asks for nothing.
 */
export function expectedTags(header: string | undefined): readonly string[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  return header.split(',').map((one) => /^"([0-9a-z]+)-[0-9a-f]{16}"$/.exec(one.trim())?.[1] ?? '');
}
