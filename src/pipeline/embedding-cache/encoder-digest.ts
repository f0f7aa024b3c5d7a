/** Which text encoder it is: all bytes that an embedding depends on beside the prompt. Pure. */
import { hash } from 'node:crypto';
import type { Sha256 } from '../../domain/digest.ts';
import { sha256Of } from '../../domain/digest.ts';
import type { FileSpec } from '../../domain/spec.ts';

const COMPONENTS = ['text_encoder', 'tokenizer'];

/**
 * The sha256 of the list that `sha256sum` would print of the encoder's and the tokenizer's files, sorted by path. Models that share an encoder
 * share its digest. Undefined where the model has no text encoder, or a file of it has no sha256 yet.
 */
export function encoderDigest(files: readonly FileSpec[]): Sha256 | undefined {
  const own = files.filter(({ component = '' }) => COMPONENTS.includes(component));
  if (!own.some(({ component }) => component === 'text_encoder') || own.some(({ sha256 }) => sha256 === undefined)) return undefined;
  const lines = own.map(({ path, sha256 }) => ({ path, line: `${sha256}  ${path}\n` })).sort((a, b) => (a.path < b.path ? -1 : 1));
  return sha256Of(hash('sha256', lines.map(({ line }) => line).join('')));
}
