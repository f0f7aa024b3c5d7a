/** Models that are brought here file by file, over requests that may be cut off: docs/registry.md, "Uploads". */
import type { Sha256 } from './digest.ts';
import type { EntryFields } from './registry-entry.ts';

export const UPLOAD_LIMITS = { files: 2000, open: 200 } as const;

/** 32 hex digits. */
export const isUploadId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/** As it lies on disk. */
export interface UploadRecord {
  readonly schema: 'wan.upload/v1';
  readonly id: string;
  readonly model_id: string;
  readonly fields: EntryFields;
  readonly files: readonly UploadFileRecord[];
  /** ISO 8601. */
  readonly created_at: string;
  /** Moved on by every byte that comes: from then on nothing of it is kept. */
  readonly expires_at: string;
}

export interface UploadFileRecord {
  readonly path: string;
  readonly size: number;
  /** As whoever uploads says: other bytes are refused. */
  readonly given?: Sha256;
  /** Of the bytes that came, once all of them were read again here. */
  readonly sha256?: Sha256;
  /** Bytes that survive a loss of power. */
  readonly offset: number;
  /** Of the machine's run in which it was noted: until the next one all that was written counts. */
  readonly boot_id?: string;
}

/** `receiving`: bytes are wanted; `received`: all came, and were not read again yet; `proven`: they are what they should be, and here to stay. */
export type UploadFileState = 'receiving' | 'received' | 'proven';

export interface UploadedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** What must come next begins here. */
  readonly offset: number;
  readonly state: UploadFileState;
  /** Given, or of what came. */
  readonly sha256?: Sha256;
}

export interface Upload {
  readonly id: string;
  readonly modelId: string;
  readonly fields: EntryFields;
  readonly files: readonly UploadedFile[];
  readonly createdAt: string;
  readonly expiresAt: string;
}
