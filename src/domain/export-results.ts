import type { Sha256 } from './digest.ts';
import type { CanonicalRef } from './model-ref.ts';

export interface ExportedFile {
  /** In the model. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  /** `kept`: it was there, and right. */
  readonly way: 'reflink' | 'hard' | 'copy' | 'kept';
}

export interface ExportReport {
  readonly ref: CanonicalRef;
  readonly layout: 'files' | 'hf-cache';
  /** Absolute path of the folder that a program would be given. */
  readonly path: string;
  readonly totalBytes: number;
  /** False: all of it was there already, and proven once more. */
  readonly written: boolean;
  /** In the order of the manifest; each was read where it lies now, and has its digest. */
  readonly files: readonly ExportedFile[];
}
