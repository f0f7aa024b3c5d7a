/** What `import` found and did. */
import type { Sha256 } from './digest.ts';
import type { ErrorDocument } from './errors.ts';
import type { CanonicalRef } from './model-ref.ts';

/** How bytes came in: sharing blocks with their file, as one more name of it, or as a copy. */
export type ImportWay = 'reflink' | 'hard' | 'copy';

export interface AdoptedFile {
  /** Where it was found, absolute. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly way: ImportWay;
  /** `ref: path` of every file that it is. */
  readonly names: readonly string[];
}

/** A file that was of the right size, and was read or could not be. */
export interface RefusedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Absent where its bytes are simply of no use here. */
  readonly error?: ErrorDocument;
  /** Digest that its name claims, where its bytes are others. */
  readonly claimed?: Sha256;
}

export interface ImportedModel {
  readonly ref: CanonicalRef;
  /**
   * `published` in this run; `complete` before; `partial`: some of its bytes are still missing; of a dry run `possible` where nothing need be missing.
   */
  readonly state: 'published' | 'complete' | 'partial' | 'possible';
  readonly path: string;
  readonly totalBytes: number;
  /** That a source, or a cast, would still have to give. */
  readonly missingBytes: number;
  readonly missingFiles: readonly string[];
  /** Of a dry run, besides: a file was found that may be one of these, or another one of the same size. Only reading tells. */
  readonly openBytes: number;
  readonly openFiles: readonly string[];
  /** Why it could not be published, though nothing is missing. */
  readonly error?: ErrorDocument;
}

/** A model of the other tool that the manifest does not know. */
export interface UnknownModel {
  readonly name: string;
  readonly fileCount: number;
  readonly totalBytes: number;
  /** The command that takes it into the manifest; absent where none can. */
  readonly add?: string;
}

export interface ImportReport {
  readonly from: string;
  readonly path: string;
  /** Nothing was read or changed: what names and sizes promise. */
  readonly isDryRun: boolean;
  readonly foundFiles: number;
  readonly foundBytes: number;
  /** Of files that were read: each once at most. Of a dry run: that would be. */
  readonly readBytes: number;
  readonly adopted: readonly AdoptedFile[];
  /** Of files that were here already. */
  readonly presentBytes: number;
  readonly refused: readonly RefusedFile[];
  readonly models: readonly ImportedModel[];
  readonly unknown: readonly UnknownModel[];
  /** Files of the manifest that nobody can recognise: no digest of them is known. */
  readonly unpinned: readonly string[];
  /** What could not be looked at. */
  readonly unreadable: readonly string[];
}
