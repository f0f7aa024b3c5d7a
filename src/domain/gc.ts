/** What garbage collection would remove and keep, and why: plan and report in one form. */
import type { CanonicalRef } from './model-ref.ts';

/**
 * `blob`: bytes that no model counts on; `partial`: an unfinished download; `staging`, `record`: what a dead process was making; `trash`: what
 * was taken out of use; `quarantine`: bad bytes that were replaced.
 */
export type GcKind = 'model' | 'blob' | 'partial' | 'staging' | 'record' | 'trash' | 'quarantine';

/** Why a collection ran: a person, a quota or a full volume that an ensure met, a timetable. */
export type GcTrigger = 'manual' | 'quota' | 'low_disk' | 'schedule';

/** Why something goes. */
export type GcRule = 'older_than' | 'max_age' | 'keep_last' | 'max_size' | 'free' | 'orphan' | 'dead' | 'expired' | 'asked';

/** Why something stays. */
export type GcKeep =
  | 'pinned'
  | 'leased'
  | 'open'
  | 'at_work'
  | 'counted_on'
  | 'only_copy'
  | 'grace'
  | 'newest'
  | 'not_asked'
  | 'not_in_manifest'
  | 'foreign'
  | 'in_trash'
  | 'enough'
  | 'changed';

export interface GcItem {
  readonly kind: GcKind;
  /** The model's reference, a digest, or a name. */
  readonly what: string;
  /** Relative to the root. */
  readonly path: string;
  /** What its removal frees, after those before it in the list; of one that stays, what it alone counts on. */
  readonly bytes: number;
  /** `trash`: it goes to the trash, and its bytes come back when it expires there. */
  readonly action: 'remove' | 'trash' | 'keep';
  readonly reason: GcRule | GcKeep;
  /** For people: by whom it is held, how long it was not used. */
  readonly why: string;
  /** Milliseconds since the epoch: when what is in the trash, or goes there, is purged. */
  readonly expiresMs?: number;
  /** Of `bytes`: copies in its own folder, on a volume where a second name costs one. */
  readonly ownBytes?: number;
  readonly model?: GcModel;
}

export interface GcModel {
  readonly family: string;
  readonly ref: CanonicalRef;
  readonly inManifest: boolean;
  /** Bytes of its files, shared ones included. */
  readonly totalBytes: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedMs: number;
  /** Of the publication that was looked at. */
  readonly generation: string;
}

/** A size that was asked for, and how far the plan, or what was done, comes. */
export interface GcTarget {
  readonly kind: 'max_size' | 'free' | 'need';
  readonly wantedBytes: number;
  /** The size of the models, or the free space, or what was freed. */
  readonly reachedBytes: number;
  /** 0: reached. */
  readonly shortBytes: number;
}

/** Whether processes were looked at that have model files open or mapped. */
export interface InUseLook {
  readonly looked: boolean;
  /** Processes of others, whose files this user may not see. */
  readonly hiddenProcesses: number;
}

export interface GcPlan {
  /** What is removed first, models longest unused first; then what stays. */
  readonly items: readonly GcItem[];
  readonly targets: readonly GcTarget[];
  /** Of what is to go now. */
  readonly removeBytes: number;
  /** Of what is to go to the trash: freed when it expires there. */
  readonly trashBytes: number;
  /** Unique bytes of the models that stay. */
  readonly keepBytes: number;
  readonly inUse: InUseLook;
}

/** As the plan, with what became of each item. */
export interface GcReport extends GcPlan {
  /** Given back to the file system. */
  readonly reclaimedBytes: number;
  readonly durationMs: number;
}
