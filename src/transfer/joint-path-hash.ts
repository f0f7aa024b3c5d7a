/** The sha256 of a finished file or of a part of it, hashed beside others of its lane. */
import type { Sha256Stream } from '../util/sha256/sha256-stream.ts';
import type { JointFile, JointHashing } from './joint-hashing.ts';
import { PathFile, type PathHashJob } from './path-file.ts';
import type { PathHashEvents } from './path-hash.ts';

export interface JointPathHashOptions extends PathHashEvents {
  readonly joint: JointHashing;
}

export class JointPathHash implements JointFile {
  readonly #options: JointPathHashOptions;
  readonly #file: PathFile<Sha256Stream>;
  #cancelled = false;

  constructor(job: PathHashJob, options: JointPathHashOptions) {
    this.#options = options;
    this.#file = new PathFile(job, options.joint.begin());
    setImmediate(() => this.#begin());
  }

  cancel(): void {
    this.#cancelled = true;
    this.#options.joint.leave(this);
    this.#file.close();
  }

  get sha256(): Sha256Stream {
    return this.#file.sha256;
  }

  readyBytes(): number {
    return this.#file.wantedBytes;
  }

  /** What is there of them at the end of the file goes on alone. */
  read(into: Buffer): boolean {
    try {
      const bytes = into.subarray(0, this.#file.read(into));
      if (bytes.length === into.length) return true;
      this.sha256.update(bytes);
      this.took(bytes);
      this.#finish();
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  took(bytes: Uint8Array): void {
    this.#file.took(bytes);
  }

  rest(): boolean {
    this.#finish();
    return false;
  }

  #begin(): void {
    if (this.#cancelled) return;
    try {
      this.#file.open();
      this.#options.joint.wake(this);
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(): void {
    this.cancel();
    this.#options.onDone(this.#file.result());
  }

  #fail(error: unknown): void {
    this.cancel();
    this.#options.onError(error);
  }
}
