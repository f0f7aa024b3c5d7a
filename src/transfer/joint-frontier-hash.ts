/** The sha256 of a file that is being written, hashed beside other files: every byte is read back, once its piece is held. */
import type { Sha256Stream } from '../util/sha256/sha256-stream.ts';
import { ContentHash } from './content-hash.ts';
import { Frontier } from './frontier.ts';
import type { FileHash, FileHashOptions } from './frontier-hash.ts';
import type { JointFile, JointHashing } from './joint-hashing.ts';

export interface JointFrontierHashOptions extends FileHashOptions {
  readonly joint: JointHashing;
}

export class JointFrontierHash implements FileHash, JointFile {
  readonly #options: JointFrontierHashOptions;
  readonly #frontier: Frontier<Sha256Stream>;
  #closed = false;

  constructor(options: JointFrontierHashOptions) {
    this.#options = options;
    this.#frontier = new Frontier({ ...options, hash: new ContentHash(options.joint.begin()) });
    this.advance();
  }

  /** Not taken: others are not as far. It is read back when they are. */
  offer(): void {}

  advance(): void {
    this.#frontier.obey();
    if (!this.#closed) this.#options.joint.wake(this);
  }

  close(): void {
    this.#closed = true;
    this.#options.joint.leave(this);
  }

  get sha256(): Sha256Stream {
    return this.#frontier.sha256;
  }

  readyBytes(): number {
    return this.#frontier.readyBytes();
  }

  read(into: Buffer): boolean {
    try {
      this.#frontier.read(into);
      this.#frontier.keep();
      return true;
    } catch (error) {
      this.close();
      this.#options.onError(error, this.#frontier.generation);
      return false;
    }
  }

  took(bytes: Uint8Array): void {
    this.#frontier.tookBack(bytes);
  }

  rest(): boolean {
    const result = this.#frontier.report();
    if (result !== undefined) this.#options.onDone(result, this.#frontier.generation);
    return !this.#frontier.isAtEnd;
  }
}
