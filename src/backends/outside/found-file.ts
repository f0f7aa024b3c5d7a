/** A file of another tool, as that tool's layout tells of it. Nothing of it is believed. */
import type { Sha256 } from '../../domain/digest.ts';

export interface FoundFile {
  /** Absolute, without any link. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Device and inode: two names of one file are one file. */
  readonly id: string;
  /** As people of that tool know it: `org/name: vae/model.safetensors`. */
  readonly name: string;
  /** sha256 that the tool's name for the file claims. */
  readonly claimed?: Sha256;
  /** Of the model that it belongs to there. */
  readonly group: FoundGroup;
}

export interface FoundGroup {
  readonly name: string;
  /** Words after `wan models add` that would take what is here into the manifest. */
  readonly add: readonly string[];
}

export interface ScanOptions {
  readonly signal: AbortSignal;
  /** What could not be looked at, and is left out. */
  readonly onUnreadable: (path: string, error: unknown) => void;
}

export const IMPORT_KINDS = ['hf-cache', 'folder', 'ollama', 'lmstudio', 'comfyui'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** What holds weights, by the endings that tools look for. */
const WEIGHTS = /\.(?:safetensors|sft|gguf|ggml|ckpt|pt|pth|bin|pkl|onnx)$/i;
export const isWeights = (name: string): boolean => WEIGHTS.test(name);
