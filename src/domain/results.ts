/** What the verbs return; wire formats are made from these by the faces. */
import type { ErrorCode, ErrorDocument } from './errors.ts';
import type { BytesOrigin } from './events.ts';
import type { CanonicalRef } from './model-ref.ts';
import type { ProofLevel } from './proof.ts';
import type { FileProof } from './published-digest.ts';
import type { MendedBlob } from './repair.ts';
import type { SourceTrouble } from './source-trouble.ts';
import type { ComponentAlias } from './spec.ts';
import type { FaultyFile } from './status.ts';
import type { Subset } from './subset.ts';

/** Why this variant is meant. */
export interface VariantChoice {
  /** `request`: it was named; `environment`: the manifest has it for this environment; `default`: neither. */
  readonly variantReason: 'request' | 'environment' | 'default';
  /** The configured one: `production` or `development`. */
  readonly environment: string;
}

export interface EnsuredFile extends FileProof {
  readonly path: string;
  readonly sizeBytes: number;
  readonly origin: BytesOrigin;
}

export interface EnsureResult extends VariantChoice {
  readonly ref: CanonicalRef;
  readonly variant: string;
  /** Absolute path of the proven directory. */
  readonly path: string;
  readonly totalBytes: number;
  /** Bytes that came over a backend in this call. */
  readonly fetchedBytes: number;
  /** Bytes that were already in the store. */
  readonly reusedBytes: number;
  readonly proof: ProofLevel;
  readonly durationMs: number;
  readonly files: readonly EnsuredFile[];
  /** Components that were asked for by another name. */
  readonly aliases: readonly ComponentAlias[];
  /** Sources whose bytes were proven wrong, redacted. */
  readonly liars: readonly string[];
  /** Sources that failed or stalled, and were left for others. */
  readonly troubles: readonly SourceTrouble[];
  /** By digest: what was fetched, what was kept of bad copies, what was healed. */
  readonly mended: ReadonlyMap<string, MendedBlob>;
}

/** What would happen to one file. */
export type PlannedAction = 'keep' | 'link' | 'copy' | 'resume' | 'fetch' | 'make' | 'derive';

export interface PlannedFile {
  readonly path: string;
  readonly component?: string;
  readonly sizeBytes: number;
  readonly action: PlannedAction;
  /** Bytes that a source would have to send; for a file that is cast here, those of what it is made from. */
  readonly fetchBytes: number;
  /** Bytes that would come out of a tier or the Hub cache of this machine, if they prove right. */
  readonly copyBytes: number;
  /** Bytes here that would be read first, since nothing on record proves them. */
  readonly verifyBytes: number;
  /** Bytes that a source would have to send besides `fetchBytes`, at most, where what is read is wrong. */
  readonly mayFetchBytes: number;
  /** What the file's bytes will be proven by. */
  readonly proof: ProofLevel;
  /** Its own URL, redacted, where it would be fetched and has one. */
  readonly url?: string;
  readonly fault?: FaultyFile['fault'];
}

/** The files of one component, or of none, added up. */
export interface PlannedComponent {
  readonly component?: string;
  /** Of the files of an overlay: its name. */
  readonly overlay?: string;
  readonly fileCount: number;
  readonly totalBytes: number;
  readonly fetchBytes: number;
  /** Of `totalBytes`: what other models of the manifest hold too. */
  readonly sharedBytes: number;
  /** Those models, in manifest order. */
  readonly sharedWith: readonly string[];
  /** Redacted URLs where its files are read, best first. */
  readonly sources: readonly string[];
}

export interface EnsurePlan extends VariantChoice {
  readonly ref: CanonicalRef;
  readonly variant: string;
  readonly path: string;
  readonly sources: readonly string[];
  readonly files: readonly PlannedFile[];
  readonly aliases: readonly ComponentAlias[];
  /** In the order in which the manifest first names them. */
  readonly components: readonly PlannedComponent[];
  readonly totalBytes: number;
  readonly fetchBytes: number;
  readonly copyBytes: number;
  readonly linkBytes: number;
  readonly verifyBytes: number;
  readonly mayFetchBytes: number;
  /** Bytes of the files that would be made here, as far as they are known before; 0 for a variant that is fetched. */
  readonly deriveBytes: number;
  /** Bytes of free space that the run needs, staging and safety margin included. */
  readonly spaceNeededBytes: number;
  readonly freeBytes: number;
}

export interface TensorFacts {
  readonly name: string;
  /** As safetensors names it: `BF16`, `F32`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A safetensors file of a model. */
export interface WeightFile {
  readonly path: string;
  readonly component?: string;
  readonly overlay?: string;
  readonly sizeBytes: number;
  /** In the order of their bytes; absent where the file is not here, or its header is none. */
  readonly tensors?: readonly TensorFacts[];
  /** Why its header could not be read, though it is here. */
  readonly error?: ErrorDocument;
}

/** The files of one component, of one overlay, or of neither, and what the headers of those that are here say. */
export interface ComponentWeights {
  readonly component?: string;
  readonly overlay?: string;
  readonly mountedFrom?: string;
  readonly fileCount: number;
  readonly totalBytes: number;
  /** The weakest that its files can be proven by. */
  readonly proof: ProofLevel;
  /** Safetensors files. */
  readonly weightFileCount: number;
  readonly readFileCount: number;
  /** Safetensors files that are not here. */
  readonly missing: readonly string[];
  /** Weights in other formats, of which nothing is read. */
  readonly unread: readonly string[];
  /** Of the files that were read. */
  readonly tensorCount: number;
  readonly parameterCount: number;
  readonly parametersByDtype: Readonly<Record<string, number>>;
}

export interface WeightsReport {
  readonly ref: CanonicalRef;
  readonly variant: string;
  /** Absolute path of the model directory. */
  readonly path: string;
  /** In the order in which the manifest first names them. */
  readonly components: readonly ComponentWeights[];
  readonly files: readonly WeightFile[];
}

export interface SourceProbe {
  /** The file of the model that was asked for. */
  readonly file: string;
  /** From the question to the first byte, connecting and redirects included. */
  readonly latencyMs?: number;
  /** Of a short sample over one connection; absent where the file is too small to tell. */
  readonly bytesPerSecond?: number;
  /** Why the source did not give it. */
  readonly error?: ErrorDocument;
}

/** What is remembered against a source: it changes the order in which sources are asked, and leaves none out. */
export interface SourceFailureNote {
  readonly code: ErrorCode;
  readonly reason?: string;
  /** Path at the source; absent: of its host. */
  readonly file?: string;
  /** ISO 8601. */
  readonly at: string;
  /** Until when it is asked after all others, or not at all; absent: it is asked in its turn. */
  readonly until?: string;
}

export interface ModelSource {
  /** Redacted URL. */
  readonly source: string;
  /** Absent for sources without a network. */
  readonly host?: string;
  /** Files of the selection that are looked for here. */
  readonly fileCount: number;
  /** Of a file's own URL: that file. */
  readonly file?: string;
  /** Where the credentials come from that would be used, and which they are, masked; absent: none would. Never a secret. */
  readonly credentials?: string;
  /** Why it cannot be asked at all. */
  readonly error?: ErrorDocument;
  readonly probe?: SourceProbe;
  /** Remembered by all processes of this root; of its host first. */
  readonly failures: readonly SourceFailureNote[];
}

export interface SourcesReport {
  readonly ref: CanonicalRef;
  readonly variant: string;
  /** In the order in which they are asked. */
  readonly sources: readonly ModelSource[];
  /** How many failures were forgotten, where that was asked for. */
  readonly forgotten?: number;
}

export interface VerifiedFile extends FileProof {
  readonly path: string;
  readonly sizeBytes: number;
  readonly ok: boolean;
  readonly fault?: FaultyFile['fault'];
  readonly expected?: string;
  readonly found?: string;
  /**
   * `sha256`: the whole file was hashed; `pieces`: each of its 16 MiB pieces is what it was when the whole was proven here, which is worth as
   * much as the record of them. Absent: it was not read.
   */
  readonly checkedBy?: 'sha256' | 'pieces';
  /** Numbers of the 16 MiB pieces that differ, where they are on record. */
  readonly badPieces?: readonly number[];
  /** It was read by a verification that did not end, and is still as it was then. */
  readonly isEarlier?: boolean;
}

/** Bytes that are the right ones, and not what the file's name says. */
export interface FormatFault {
  readonly path: string;
  /** A stable word: `header_not_json`, `tensor_not_in_shard`, … */
  readonly reason: string;
  readonly message: string;
}

export interface VerifyReport {
  readonly ref: CanonicalRef;
  readonly variant: string;
  readonly path: string;
  /** Every file that was judged is right, and nothing else was found wrong. */
  readonly ok: boolean;
  /** The weakest of its files. */
  readonly proof: ProofLevel;
  readonly files: readonly VerifiedFile[];
  /** Files in the directory that nobody declared; reported, never removed. */
  readonly extraFiles: readonly string[];
  /** Only looked for with `deep`. */
  readonly formatFaults: readonly FormatFault[];
  /** Of all files only those of this part were judged. */
  readonly subset?: Subset;
  readonly bytesRead: number;
  readonly durationMs: number;
}
