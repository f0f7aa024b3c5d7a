/** What health was last told as, for when nothing can be looked at any more. */
import type { IncomingMessage } from 'node:http';

const PATHS = ['/health', '/health/models', '/health/storage'] as const;
export type RememberedPath = (typeof PATHS)[number];
const MAX_BYTES = 16 * 1024 * 1024;

export class LastAnswers {
  readonly #bodies = new Map<RememberedPath, readonly Buffer[]>();
  /** Of those that were asked for: while nothing can be looked at, many ask. */
  readonly #read = new Map<RememberedPath, unknown>();

  /** Keeps what goes by of an answer that went well, and took the time that it needs. */
  note(url: string, answer: IncomingMessage): void {
    const path = rememberedPath(url);
    if (path === undefined || answer.statusCode !== 200 || url.includes('timeout_ms=')) return;
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    answer.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= MAX_BYTES) chunks.push(chunk);
    });
    answer.once('end', () => {
      if (sizeBytes === 0 || sizeBytes > MAX_BYTES) return;
      this.#bodies.set(path, chunks);
      this.#read.delete(path);
    });
  }

  /** As it was told. */
  of<T>(path: RememberedPath): T | undefined {
    const chunks = this.#bodies.get(path);
    if (chunks === undefined) return undefined;
    if (!this.#read.has(path)) this.#read.set(path, JSON.parse(Buffer.concat(chunks).toString()));
    return this.#read.get(path) as T;
  }
}

function rememberedPath(url: string): RememberedPath | undefined {
  const path = (url.split('?', 1)[0] ?? '').replace(/^(?:\/api)?(?:\/v1)?/, '').replace(/\/$/, '');
  return PATHS.find((one) => one === path);
}
