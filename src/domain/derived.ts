/** Files that are made here from others instead of being fetched. */
import type { Sha256 } from './digest.ts';

/** Formats that weights can be cast to, as the manifest names them. */
export const DERIVED_DTYPES = ['bf16', 'fp16'] as const;

export type DerivedDtype = (typeof DERIVED_DTYPES)[number];

/** What makes them, and the version of its results: a change that gives other bytes for the same input gets the next number. */
export const DERIVER = 'wan-cast/1';

/** How a file was made: equal in all of it means equal bytes, on any machine. */
export interface Derived {
  /** Digests of all files that it was made from: the one in whose place it stands, then, for a weight index, the shards beside it. */
  readonly from: readonly Sha256[];
  readonly dtype: string;
  readonly deriver: string;
  /** A pin alone says so, nobody made it here: that counts for the file that is pinned, and tells nothing of another one's. */
  readonly pinned?: true;
}
