/** Whether a model really loads and denoises here: what a smoke test found, and what is remembered of it. */
import type { ErrorDocument } from './errors.ts';
import type { OffloadStrategy } from './memory-estimate.ts';
import type { CanonicalRef } from './model-ref.ts';

/** `failed`: the model is at fault. `unknown`: the test did not come so far as to tell: packages, a GPU, memory or time were missing. */
export type SmokeVerdict = 'passed' | 'failed' | 'unknown';

export type SmokeDevice = 'cuda' | 'cpu';
export type SmokeMode = 't2v' | 'i2v';

/** One clip to make. */
export interface SmokeClip {
  readonly mode: SmokeMode;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly steps: number;
}

/** One that was made. */
export interface SmokeClipResult extends SmokeClip {
  readonly pipelineClass: string;
  /** Transformers that were at work. */
  readonly experts: readonly string[];
  /** From the call to the first step: prompt, and the image where there is one. */
  readonly encodeSeconds: number;
  readonly stepSeconds: readonly number[];
  readonly decodeSeconds: number;
  readonly output: {
    /** Frames, rows, columns, channels. */
    readonly shape: readonly number[];
    /** Of all pixels, from 0 to 1; finite, and not all the same, else the clip fails. */
    readonly min: number;
    readonly max: number;
    readonly std: number;
  };
}

export interface SmokePython {
  /** As it was started. */
  readonly command: string;
  /** Who named it: `--python`, `WAN_PYTHON`, `wan.toml:3:1`, `PATH`. */
  readonly origin: string;
  readonly executable?: string;
  readonly version?: string;
}

export interface SmokeMemory {
  /** Largest that the kernel could not have taken back (anonymous, shared, swapped), as it was sampled. */
  readonly hostPeakBytes?: number;
  /** Largest resident set, mapped files included. */
  readonly hostPeakRssBytes?: number;
  readonly gpuPeakAllocatedBytes?: number;
  readonly gpuPeakReservedBytes?: number;
}

export interface SmokeReport {
  readonly ref: CanonicalRef;
  readonly variant: string;
  /** Absolute: the directory that was loaded. */
  readonly path: string;
  readonly verdict: SmokeVerdict;
  /** Of a verdict other than `passed`. */
  readonly error?: ErrorDocument;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly python: SmokePython;
  /** Package -> version: torch, diffusers, transformers. */
  readonly versions: Readonly<Record<string, string>>;
  readonly device: SmokeDevice;
  /** Of the GPU. */
  readonly deviceName?: string;
  readonly offload: OffloadStrategy;
  readonly loadSeconds?: number;
  /** Component -> seconds, and `pipeline` for what is left. */
  readonly loadSecondsOf?: Readonly<Record<string, number>>;
  /** To look at every weight. */
  readonly checkSeconds?: number;
  readonly clips: readonly SmokeClipResult[];
  readonly memory: SmokeMemory;
  readonly limits: { readonly timeoutSeconds: number; readonly memoryBytes?: number };
  readonly warnings: readonly string[];
}

/** What is remembered of the last smoke test of a model, as long as its files are the same. */
export interface SmokeNote {
  readonly verdict: SmokeVerdict;
  readonly error?: Pick<ErrorDocument, 'code' | 'reason' | 'message'>;
  /** ISO 8601: when it ended. */
  readonly at: string;
  readonly durationSeconds: number;
  readonly device: SmokeDevice;
  readonly deviceName?: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly modes: readonly SmokeMode[];
  readonly loadSeconds?: number;
  /** Of one step, the median. */
  readonly stepSeconds?: number;
  readonly hostPeakBytes?: number;
  readonly gpuPeakBytes?: number;
}
