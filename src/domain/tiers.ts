/** Tiers: places besides MODELS_ROOT where a model may lie while nobody uses it. */
import type { Sha256 } from './digest.ts';
import type { CanonicalRef } from './model-ref.ts';

/** Name of MODELS_ROOT itself among the tiers. */
export const FAST_TIER = 'fast';

/** A tier as the configuration has it. */
export interface TierSettings {
  readonly name: string;
  readonly place: { readonly kind: 'path'; readonly path: string } | { readonly kind: 's3'; readonly url: string };
  /** Whether blobs are tried with zstd; those that gain too little stay as they are. */
  readonly compress: boolean;
  /** Policy: models unused for so long go there. Absent: none goes by itself. */
  readonly idleMs?: number;
  /** Policy: smaller models stay. */
  readonly minSizeBytes: number;
}

/** How a blob lies in a tier. */
export type BlobForm = 'plain' | 'zstd';

/** A blob of a model in a tier. */
export interface TieredBlob {
  readonly digest: Sha256;
  readonly sizeBytes: number;
  readonly form: BlobForm;
  /** What it takes there. */
  readonly storedBytes: number;
}

/** What a move did, or would do, with one blob. */
export interface MovedBlob extends TieredBlob {
  /** Of the model's files that have these bytes. */
  readonly paths: readonly string[];
  /** `write`: from here; `found`: it was there, and was proven anew; `keep`: nothing, as it is in its place already. */
  readonly action: 'write' | 'found' | 'keep';
}

export interface TierMove {
  readonly ref: CanonicalRef;
  readonly to: string;
  /** Why the policy chose it. */
  readonly because?: string;
  /** False: nothing was done, as it was only asked for. */
  readonly done: boolean;
  readonly blobs: readonly MovedBlob[];
  /** Of the blobs, each once. */
  readonly totalBytes: number;
  /** What they take, or would take at most, in the tier. */
  readonly storedBytes: number;
  /** What was, or would be, written there. */
  readonly writtenBytes: number;
  /** What was, or would be, given back: by MODELS_ROOT, or by the tier where the model was brought back. */
  readonly reclaimedBytes: number;
}

/** Where a model lies, and what the policy says of it. */
export interface TieredModel {
  readonly ref: CanonicalRef;
  /** It is published here, complete. */
  readonly isHere: boolean;
  /** The tier with a whole copy that was proven there. */
  readonly tier?: string;
  /** The manifest names other bytes now than those that lie in the tier. */
  readonly isOutdated: boolean;
  readonly totalBytes: number;
  /** What it takes in the tier. */
  readonly storedBytes?: number;
  /** ISO 8601. */
  readonly movedAt?: string;
  /** ISO 8601; absent where nothing is known of a use. */
  readonly lastUsedAt?: string;
  /** Where the policy would move it, and why. */
  readonly wouldMove?: { readonly to: string; readonly because: string };
  /** Of a verification: blobs of it that are not there, or have other bytes. */
  readonly faults?: readonly TierFault[];
  /** Of a verification: why nothing of it could be read, in words. */
  readonly notVerified?: string;
}

export interface TierFault {
  readonly digest: string;
  /** Where in the tier. */
  readonly place: string;
  readonly fault: 'missing' | 'size' | 'digest' | 'unreadable';
}

/** What this root has in a tier. */
export interface TierSum {
  readonly name: string;
  readonly modelCount: number;
  /** Plain bytes, each blob once. */
  readonly totalBytes: number;
  /** What they take there. */
  readonly storedBytes: number;
}

export interface TierState extends TierSum {
  /** Absolute path, or URL. */
  readonly place: string;
  /** Why it cannot be asked, in words. */
  readonly problem?: string;
  readonly freeBytes?: number;
  /** It lies on the volume of MODELS_ROOT: what is moved there gives no room back, unless it is compressed. */
  readonly isOnSameVolume?: boolean;
  readonly compress: boolean;
  readonly idleMs?: number;
  readonly minSizeBytes: number;
}

/** Of a root that has got an id of its own. */
export interface NewTierId {
  readonly storeId: string;
  /** The one that it had. */
  readonly before: string;
  /** Models that it counts on in tiers now, under its own id. */
  readonly counted: readonly CanonicalRef[];
  /** Models whose copies do not lie whole in their tiers any more. */
  readonly missing: readonly CanonicalRef[];
}

export interface TierReport {
  readonly tiers: readonly TierState[];
  readonly models: readonly TieredModel[];
  /** Bytes read to verify. */
  readonly verifiedBytes?: number;
}
