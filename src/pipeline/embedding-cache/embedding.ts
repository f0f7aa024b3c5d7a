/** What the cache holds: tensors as bytes, and what they were made from. */
import type { Dtype } from '../../formats/dtype.ts';

export interface EmbeddingTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian, row by row, as safetensors files have them. */
  readonly bytes: Uint8Array;
}

/** By name: `prompt_embeds`, of the key's dtype, and what belongs to it, an `attention_mask` say. Names are `[a-z0-9_]+`. */
export type EmbeddingTensors = Readonly<Record<string, EmbeddingTensor>>;

/** Everything that decides the bytes of an embedding. Two keys that differ in any of it never share an entry. */
export interface EmbeddingKey {
  /** As the user wrote it: the key is made of what the tokenizer gets, see {@link cleanPrompt}. */
  readonly prompt: string;
  /** See {@link encoderDigest}: 64 hex digits. */
  readonly encoder: string;
  /** Tokens that the prompt is cut or padded to. */
  readonly maxLength: number;
  /** Of `prompt_embeds`. */
  readonly dtype: Dtype;
  /** What the encoder computes in; default: `dtype`. */
  readonly computeDtype?: Dtype;
  /** Whatever else changes the bytes (a LoRA on the encoder, quantisation): printable ASCII. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** An entry as `list` shows it; the prompt is not in it, only its hash. */
export interface EmbeddingEntry {
  /** 64 hex digits: the file's name. */
  readonly id: string;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly lastUsed: string;
  readonly promptSha256: string;
  readonly encoder: string;
  readonly maxLength: number;
  readonly dtype: string;
  readonly shape: readonly number[];
}
