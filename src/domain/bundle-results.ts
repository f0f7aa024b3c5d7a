/** What the verbs on bundles return. */
import type { Sha256 } from './digest.ts';
import type { CanonicalRef } from './model-ref.ts';
import type { RegistryEntry } from './registry-entry.ts';

export interface BundledModel {
  /** `name@version[@variant][@+overlay]` */
  readonly ref: string;
  readonly family: string;
  readonly fileCount: number;
  readonly totalBytes: number;
}

/** What a bundle is. */
export interface BundleFacts {
  /** Absolute. */
  readonly path: string;
  /** Of its index, which vouches for every byte of every file: equal means the same bundle, in one file or in parts. */
  readonly checksum: Sha256;
  readonly sizeBytes: number;
  /** 1 for a bundle that is one file. */
  readonly partCount: number;
  readonly models: readonly BundledModel[];
  readonly blobCount: number;
  /** Of its files' bytes, each counted once. */
  readonly blobBytes: number;
}

export interface BundleCreated extends BundleFacts {
  /** False: the same bundle was there already. */
  readonly written: boolean;
  /** Of `sizeBytes`: what an earlier, interrupted run had written. */
  readonly resumedBytes: number;
}

export interface BundleInspected extends BundleFacts {
  /** TOML, as it was carried here. */
  readonly manifest: string;
  readonly lockfile?: string;
  /** Of those models that no manifest has: what the registry said of them where the bundle was made. */
  readonly entries: readonly RegistryEntry[];
  /** Where a detached signature over the index would lie, whether or not there is one. */
  readonly signaturePath: string;
}

export interface BundleVerified extends BundleFacts {
  readonly verifiedBytes: number;
}

export interface AppliedModel {
  readonly ref: CanonicalRef;
  /** Absolute path of the proven directory. */
  readonly path: string;
  readonly totalBytes: number;
}

export interface BundleApplied extends BundleFacts {
  readonly applied: readonly AppliedModel[];
  /** Bytes that came out of the bundle in this run. */
  readonly adoptedBytes: number;
  /** Bytes that were here before. */
  readonly presentBytes: number;
  /** The manifest that the models were written into, where that was asked for. */
  readonly manifest?: {
    readonly path: string;
    readonly lockfilePath: string;
    /** Models that it has got now, and had not before. */
    readonly added: readonly string[];
  };
  /** Where models of a registry were in it: the registry here, which notes them now. */
  readonly registry?: {
    readonly path: string;
    /** Models that it has got now, and had not before. */
    readonly added: readonly string[];
  };
}
