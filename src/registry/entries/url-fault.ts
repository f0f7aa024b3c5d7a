import { keptUrlFault } from '../rules/source-rules.ts';

const MAX_LENGTH = 2048;

/** What is wrong with the URL that a caller names for a file; undefined for a good one. Where it leads is judged when it is opened. */
export function urlFault(url: unknown): string | undefined {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return 'is no http:// or https:// URL';
  if (url.length > MAX_LENGTH) return `has ${url.length} characters; at most ${MAX_LENGTH} are kept`;
  if (url.includes('#')) return 'has a fragment, which no server is asked for';
  return keptUrlFault(url)?.message;
}
