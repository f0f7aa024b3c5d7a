/** What the verbs of the lockfile return. */
import type { ErrorDocument } from './errors.ts';

/** What is known of a file's bytes. */
export interface FileFacts {
  readonly sizeBytes: number;
  readonly sha256?: string;
  /** What the source calls the bytes, where it publishes no sha256. */
  readonly etag?: string;
  readonly gitOid?: string;
}

export interface FileChange {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from?: FileFacts;
  readonly to?: FileFacts;
}

/** A source and what it was, or is, at. */
export interface SeenSource {
  /** Redacted. */
  readonly source?: string;
  readonly revision?: string;
  /** ISO 8601: when it was pinned, or when the source says that the revision was made. */
  readonly at?: string;
}

/** One part of a model and what came of it. */
export interface LockedPart {
  /** `name@version`, with `@variant` or `@+overlay`; of a component its id. */
  readonly id: string;
  readonly kind: 'model' | 'component';
  /** `kept`: written as it was. */
  readonly action: 'kept' | 'added' | 'changed' | 'removed';
  readonly fileCount: number;
  readonly totalBytes: number;
  readonly from?: SeenSource;
  readonly to?: SeenSource;
  readonly changes: readonly FileChange[];
  /** The entry had been edited: it was not believed. */
  readonly wasEdited: boolean;
}

/** A derived variant that has files without a pin: a lockfile says only what was made. */
export interface NotDerived {
  /** `name@version[@variant]` */
  readonly ref: string;
  /** `inputs_unknown`: of what they are made from no digest is known. */
  readonly reason: 'not_made' | 'inputs_unknown';
  readonly files: readonly string[];
}

/** The other parts were worked on all the same. */
export interface FailedPart {
  readonly id: string;
  readonly error: ErrorDocument;
}

export interface LockReport {
  readonly lockfilePath: string;
  /** False where every byte of it stays as it was. */
  readonly written: boolean;
  readonly parts: readonly LockedPart[];
  readonly failed: readonly FailedPart[];
  readonly notDerived: readonly NotDerived[];
  /** Bytes that were read to know digests that nobody publishes. */
  readonly readBytes: number;
}

export interface OutdatedPart {
  readonly id: string;
  readonly kind: 'model' | 'component';
  /** `drift`: the source has other bytes under a name that is pinned; `stale`, `missing`, `edited`: of the lockfile. */
  readonly state: 'current' | 'drift' | 'stale' | 'missing' | 'edited';
  readonly pinned?: SeenSource;
  readonly upstream?: SeenSource;
  readonly changes: readonly FileChange[];
}

export interface OutdatedReport {
  readonly lockfilePath: string;
  readonly parts: readonly OutdatedPart[];
  readonly failed: readonly FailedPart[];
  readonly readBytes: number;
}

export interface AddReport {
  /** `name@version` */
  readonly id: string;
  /** Redacted. */
  readonly source: string;
  readonly revision?: string;
  readonly family: string;
  readonly type?: string;
  readonly license?: string;
  readonly fileCount: number;
  readonly totalBytes: number;
  readonly readBytes: number;
  readonly manifestPath: string;
  readonly lockfilePath: string;
}

export interface DroppedModel {
  readonly id: string;
  /** Entries of the lockfile that went with it. */
  readonly entries: readonly string[];
  /** The model's directory on this machine, where it is still there. */
  readonly keptDirectory?: string;
}

export interface DropReport {
  readonly manifestPath: string;
  readonly lockfilePath: string;
  readonly models: readonly DroppedModel[];
  /** Components that no model mounts any more; they stay in the manifest. */
  readonly unmounted: readonly string[];
}

export interface DiffReport {
  /** What is compared, as it was asked for or found. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly FileChange[];
  readonly fromBytes: number;
  readonly toBytes: number;
  /** Bytes of `to` whose content is nowhere in `from`: what would move. */
  readonly moveBytes: number;
}
