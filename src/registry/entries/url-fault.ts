import { keptUrlFault } from '../rules/source-rules.ts';

const MAX_LENGTH = 2048;

/** What is wrong with the repository that a model was registered as: a commit names the same bytes for ever. */
export const sourceFault = (source: unknown): string | undefined =>
  typeof source === 'string' && source.length <= MAX_LENGTH && /^hf:\/\/[^?#]+@[0-9a-f]{40}$/.test(source)
    ? keptUrlFault(source)?.message
    : 'is no hf://org/name@commit';

/** What is wrong with the URL that a caller names for a file; undefined for a good one. Where it leads is judged when it is opened. */
export function urlFault(url: unknown): string | undefined {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return 'is no http:// or https:// URL';
  if (url.length > MAX_LENGTH) return `has ${url.length} characters; at most ${MAX_LENGTH} are kept`;
  if (url.includes('#')) return 'has a fragment, which no server is asked for';
  return keptUrlFault(url)?.message;
}
