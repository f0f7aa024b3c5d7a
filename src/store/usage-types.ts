/** What a scan of the disk finds: every inode under the root, with all that holds it. */
import type { Sha256 } from '../domain/digest.ts';
import type { ByteClass } from '../domain/disk-usage.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';

export interface ScannedModel {
  /** Absolute. */
  readonly directory: string;
  readonly family: string;
  readonly isPinned: boolean;
  /** Of its record; absent where that is missing or torn. */
  readonly ref?: CanonicalRef;
  /** That the record names. */
  readonly digests: readonly Sha256[];
}

/** A model that goes on needing an inode as long as it is there. */
export interface Use {
  /** Index into the scan's models. */
  readonly model: number;
  /** Of the file, as the model's record names it; absent for what is in its folder beside that. */
  readonly path?: string;
  /** `blob`: the model's record names its digest; `linked`: that, and this is the file, too; the others lie in the model's folder alone. */
  as: 'blob' | 'linked' | 'file' | 'own' | 'foreign';
}

export interface ScannedInode {
  readonly isFile: boolean;
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  readonly uses: readonly Use[];
  /** What it is by its place, where no model uses it. */
  readonly place: ByteClass;
  /** Something else holds it beside the models: an ensure at work, the trash, a link from outside the root. */
  readonly isKept: boolean;
  /** Its blocks are those of a blob that is in the scan, too. */
  readonly isReflink: boolean;
  /** Names below the root. */
  readonly nameCount: number;
}

export interface UsageScan {
  readonly models: readonly ScannedModel[];
  readonly inodes: readonly ScannedInode[];
}
