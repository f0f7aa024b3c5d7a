/** The name of an entry. clients/python makes the same ones: docs/embedding-cache.md is the contract of both. Pure. */
import { hash } from 'node:crypto';
import { parseSha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { isDtype } from '../../formats/dtype.ts';
import type { EmbeddingKey } from './embedding.ts';

/** Rises with any change of what a key is made of, or of what an entry means. */
const KEY_VERSION = 1;

export interface EntryName {
  /** 64 hex digits. */
  readonly id: string;
  /** What it is the sha256 of: JSON, kept in the entry. */
  readonly text: string;
}

export interface KeyParts {
  readonly prompt_sha256: string;
  readonly encoder: string;
  readonly max_length: number;
  readonly dtype: string;
}

/**
 * @param cleaned the prompt as the tokenizer gets it
 * @throws ModelError INVALID_INPUT where a part is none
 */
export function entryName(key: EmbeddingKey, cleaned: string): EntryName {
  const { encoder, maxLength, dtype, computeDtype = dtype, extra = {} } = key;
  const digest = parseSha256(encoder);
  if (digest === undefined) throw invalidKey('encoder is to be a sha256: 64 hex digits');
  if (!Number.isSafeInteger(maxLength) || maxLength < 1) throw invalidKey(`maxLength is to be a whole number of tokens, not ${maxLength}`);
  for (const one of [dtype, computeDtype])
    if (!isDtype(one)) throw invalidKey(`${String(one)} is no dtype of safetensors files (BF16, F16, F32, …)`);
  for (const [name, value] of Object.entries(extra)) {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || !/^[ -~]*$/.test(value)) throw invalidKey('extra takes names of [a-z0-9_] and printable ASCII');
  }
  // In the order of the alphabet, without spaces: the same text in every language.
  const text = JSON.stringify({
    compute_dtype: computeDtype,
    dtype,
    encoder: digest,
    extra: Object.fromEntries(Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1))),
    key_version: KEY_VERSION,
    max_length: maxLength,
    prompt_sha256: hash('sha256', cleaned),
  });
  return { id: hash('sha256', text), text };
}

/** @throws ModelError FORMAT_INVALID where the text is no key */
export function keyParts(text: string): KeyParts {
  const parts = parsed(text);
  if (isKey(parts)) return parts;
  throw new ModelError('FORMAT_INVALID', 'the file has a key that is none', { reason: 'embedding_key' });
}

function parsed(text: string): Partial<Record<keyof KeyParts, unknown>> | null {
  try {
    return JSON.parse(text) as Partial<Record<keyof KeyParts, unknown>> | null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const isKey = (parts: Partial<Record<keyof KeyParts, unknown>> | null): parts is KeyParts =>
  [parts?.prompt_sha256, parts?.encoder, parts?.dtype].every((part) => typeof part === 'string') && typeof parts?.max_length === 'number';

const invalidKey = (problem: string): ModelError =>
  new ModelError('INVALID_INPUT', `not a key of a text embedding: ${problem}`, { reason: 'invalid_embedding_key' });
