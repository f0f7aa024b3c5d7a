/** What `rebuild` found out again from blobs and snapshots; of a dry run: would, where all that is to be read is right. */

export interface RebuiltSnapshot {
  /** Relative to the root. */
  readonly path: string;
  /** As the manifest names it; absent where it does not. */
  readonly ref?: string;
  /**
   * `rebuilt`: its record was lost, and is there again; `lost`: its record is lost, and cannot be found out: the manifest does not name it, or
   * none of its files is right; `kept`: its record is there, and what is said here is wrong with its files.
   */
  readonly state: 'rebuilt' | 'lost' | 'kept';
  readonly fileCount: number;
  /** Paths inside the model: on record or in the manifest, and not with the right bytes. */
  readonly badFiles: readonly string[];
  /** On record and not there. */
  readonly missingFiles: readonly string[];
}

export interface RebuildReport {
  readonly isDryRun: boolean;
  /** Nothing is bad, missing or lost. */
  readonly ok: boolean;
  /** Whether STORE.json had to be made. */
  readonly storeRecordMade: boolean;
  readonly blobCount: number;
  /** Whose proof was on record. */
  readonly provenCount: number;
  /** Read and found right; of a dry run: to be read. */
  readonly readCount: number;
  /** Digests whose bytes are others. */
  readonly badBlobs: readonly string[];
  /** Blobs that were gone and are links of published files again. */
  readonly adoptedCount: number;
  /** Files that are links of their blobs again, relative to the root. */
  readonly links: readonly string[];
  /** Records of derivations that were written. */
  readonly derivationCount: number;
  readonly snapshotCount: number;
  /** Only those of which there is something to say. */
  readonly snapshots: readonly RebuiltSnapshot[];
  /** Of a dry run: to be read at least. */
  readonly bytesRead: number;
  readonly durationMs: number;
}

/** Whether there is anything that a rebuild would do, or says is wrong. */
export const hasWork = (report: RebuildReport): boolean =>
  report.storeRecordMade ||
  report.readCount + report.adoptedCount + report.links.length + report.derivationCount + report.snapshots.length > 0;
