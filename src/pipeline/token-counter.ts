/** How many tokens a text has for a model: by the tokenizer.json of its directory, which the transformers library goes by too. */
import type { Tokenizer } from '@huggingface/tokenizers';
import { ModelError } from '../domain/errors.ts';
import { PrecompiledCharsmap } from '../formats/precompiled-charsmap.ts';
import { type JsonObject, readJsonObject } from './read-json.ts';

/** That of umt5-xxl has 17 MB. */
const MAX_BYTES = 128 * 1024 ** 2;

/** The end token among them. */
export type TokenCounter = (text: string) => number;

/**
 * Takes about a second, and some hundred MB, for a vocabulary of 256,000 pieces.
 * @returns undefined where there is no such file
 * @throws ModelError FORMAT_INVALID for a tokenizer that is none, or of a kind that is not known here
 */
export async function readTokenCounter(path: string): Promise<TokenCounter | undefined> {
  const json = await readJsonObject(path, MAX_BYTES);
  if (json === undefined) return undefined;
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    const tokenizer = new Tokenizer(json, {});
    useCharsmaps(tokenizer);
    return hasByteFallback(json) ? byteCounter(tokenizer) : (text) => tokenizer.encode(text).ids.length;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelError('FORMAT_INVALID', `${path} is no tokenizer that can be read: ${why}`, {
      reason: 'tokenizer_unreadable',
      details: { path },
      cause,
    });
  }
}

interface CharsmapNormalizer {
  readonly charsmap?: unknown;
  readonly normalizers?: readonly CharsmapNormalizer[];
  normalize: (text: string) => string;
}

/** The library takes NFKC for what the table says; it is not the same for joined emoji and a few others. */
function useCharsmaps({ normalizer }: Tokenizer): void {
  const own = normalizer as CharsmapNormalizer | null;
  for (const one of own === null ? [] : [own, ...(own.normalizers ?? [])]) {
    if (typeof one.charsmap !== 'string' || one.charsmap === '') continue;
    const table = new PrecompiledCharsmap(one.charsmap);
    one.normalize = (text) => table.normalize(text);
  }
}

const hasByteFallback = ({ model }: JsonObject): boolean => (model as JsonObject | undefined)?.byte_fallback === true;

/** What the vocabulary has no piece for becomes a token for each of its bytes; the library makes one of all of it. */
function byteCounter(tokenizer: Tokenizer): TokenCounter {
  const { model } = tokenizer;
  if (model !== null) model.fuse_unk = false;
  const weight = (token: string): number => (tokenizer.token_to_id(token) === undefined ? Buffer.byteLength(token) : 1);
  return (text) => (tokenizer.encode(text).tokens as readonly string[]).reduce((sum, token) => sum + weight(token), 0);
}
