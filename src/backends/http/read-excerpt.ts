import { isModelError } from '../../domain/errors.ts';
import type { HttpAnswer } from './http-client.ts';

const PATIENCE_MS = 2000;

/** The first bytes of a body that is not wanted; leaving the loop lets the rest go. A body that fails or dawdles gives what it gave. */
export async function readExcerpt(answer: HttpAnswer, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const timer = setTimeout(() => answer.discard(), PATIENCE_MS);
  try {
    let bytes = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= limitBytes) break;
    }
  } catch (error) {
    if (!isModelError(error)) throw error;
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).subarray(0, limitBytes);
}
