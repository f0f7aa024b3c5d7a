/** What health was last told as, for when nothing can be looked at any more. */
import type { IncomingMessage } from 'node:http';

const PATHS = ['/health', '/health/models', '/health/storage'] as const;
export type RememberedPath = (typeof PATHS)[number];
const MAX_BYTES = 16 * 1024 * 1024;

export class LastAnswers {
  readonly #bodies = new Map<RememberedPath, readonly Buffer[]>();

  /** Keeps what goes by of an answer that went well. */
  note(url: string, answer: IncomingMessage): void {
    const path = rememberedPath(url);
    if (path === undefined || answer.statusCode !== 200) return;
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    answer.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= MAX_BYTES) chunks.push(chunk);
    });
    answer.once('end', () => {
      if (sizeBytes > 0 && sizeBytes <= MAX_BYTES) this.#bodies.set(path, chunks);
    });
  }

  /** As it was told. */
  of<T>(path: RememberedPath): T | undefined {
    const chunks = this.#bodies.get(path);
    return chunks === undefined ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as T);
  }
}

function rememberedPath(url: string): RememberedPath | undefined {
  const path = (url.split('?', 1)[0] ?? '').replace(/^(?:\/api)?(?:\/v1)?/, '').replace(/\/$/, '');
  return PATHS.find((one) => one === path);
}
