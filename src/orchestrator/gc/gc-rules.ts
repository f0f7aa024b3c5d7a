/** What is asked of a collection: by a person, or by whoever needs room. */
import { parseSha256 } from '../../domain/digest.ts';
import type { FileUser } from '../../store/open-files.ts';
import type { ScannedSnapshot, StoreScan } from '../../store/scan-store.ts';

interface Need {
  readonly bytes: number;
  readonly kind: 'free' | 'need';
  readonly freeBytes: number;
  /** Of the volume, not of a quota: there nothing is freed that has names elsewhere. */
  readonly isOfVolume: boolean;
}

export interface GcRules {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Younger debris may be of use to an ensure that is run again; what was used within it is spared where nobody asked by hand. */
  readonly graceMs: number;
  /** Nobody asked by hand. */
  readonly isAutomatic: boolean;
  /** Models of this family only. */
  readonly family?: string;
  /** Models not used for so long. */
  readonly olderThanMs?: number;
  /** As `olderThanMs`, configured: it leaves models alone that the manifest does not name. */
  readonly maxAgeMs?: number;
  /** Of each model name the newest versions stay, the others go; beside another rule, only those that it names. */
  readonly keepLast?: number;
  /** Unique bytes of the models (of the family) afterwards. */
  readonly maxSizeBytes?: number;
  /** Bytes to be freed by removing models, what debris frees included. */
  readonly need?: Need;
  /** Give bytes back at once, those in the trash too. */
  readonly purge: boolean;
  /** Less is free than is to stay free: what goes now goes at once. What is in the trash already stays for its time. */
  readonly isVolumeShort: boolean;
  /** How long a removed model stays in the trash. */
  readonly trashTtlMs: number;
  /** Also what was found bad and replaced. */
  readonly quarantine: boolean;
  /** What is known beside the store. */
  readonly inManifest: (snapshot: ScannedSnapshot) => boolean;
  /** What was uploaded, and lies nowhere else: nobody could bring it back. */
  readonly isOnlyCopy: (snapshot: ScannedSnapshot) => boolean;
  /** Who has one of its files open or mapped. */
  readonly openBy: (snapshot: ScannedSnapshot) => FileUser | undefined;
  /** Digests and keys of partials that pinned, leased or awaited models count on, before they are published. */
  readonly wanted: ReadonlySet<string>;
}

/** For room, and where it is asked for, nothing waits in the trash. */
export const isPurging = ({ purge, isAutomatic, need, trashTtlMs }: GcRules): boolean =>
  purge || isAutomatic || need !== undefined || trashTtlMs === 0;

/** What goes takes no way through the trash. */
export const skipsTrash = (rules: GcRules): boolean => isPurging(rules) || rules.isVolumeShort;

/** Numbers of blobs that are not freed, whichever models go. */
export function heldBlobs({ blobs, intended, linkedElsewhere }: StoreScan, { need }: GcRules): ReadonlySet<number> {
  const digests = [...intended].flatMap((key) => parseSha256(key) ?? []);
  const numbers = digests.flatMap((digest) => blobs.numberOf(digest) ?? []);
  return new Set([...numbers, ...(need?.isOfVolume === true ? linkedElsewhere : [])]);
}

/** Then nothing but models of the family helps: what is in the trash, or belongs to nobody, counts for no family. */
export const isFamilyQuota = ({ isAutomatic, family }: GcRules): boolean => isAutomatic && family !== undefined;
