/**
 * Files of one thread that are hashed side by side, where the CPU has no instructions for one (sha-instructions.ts). Each is read
 * back from the page cache into a lane of the engine; whoever has bytes when a step begins takes part in it.
 */
import { BLOCK_BYTES, INPUT_BYTES, LANES, Sha256Engine } from '../util/sha256/sha256-engine.ts';
import { Sha256Stream } from '../util/sha256/sha256-stream.ts';

/** So long whoever has bytes waits for the others to have some, too: in time that nobody else would use for them. */
const WAIT_MS = 30;
/** Hashed in one go before sockets get their turn. */
const TURN_BYTES = 2 * 1024 * 1024;

export interface JointFile {
  /** What was hashed of it. */
  readonly sha256: Sha256Stream;
  /** So many bytes could be read now. */
  readyBytes(): number;
  /** Fills the buffer with the next ones. @returns false where that failed: it takes no further part */
  read(into: Buffer): boolean;
  /** Those bytes are hashed. */
  took(bytes: Uint8Array): void;
  /** It has nothing to be read for now. @returns whether it is still to have some */
  rest(): boolean;
}

interface Ready {
  readonly file: JointFile;
  readonly bytes: number;
}

export class JointHashing {
  /** The one that was hashed longest ago is first. */
  readonly #awake = new Set<JointFile>();
  #made: Sha256Engine | undefined;
  /** All that have, or are to have, bytes to read. */
  readonly #open = new Set<JointFile>();
  #turnDue = false;
  #timer: NodeJS.Timeout | undefined;

  begin(): Sha256Stream {
    return Sha256Stream.begin(this.#engine);
  }

  /** There may be something to read. */
  wake(file: JointFile): void {
    this.#open.add(file);
    this.#awake.add(file);
    if (this.#awake.size < Math.min(LANES, this.#open.size)) this.#timer ??= setTimeout(() => this.#soon(), WAIT_MS);
    else this.#soon();
  }

  leave(file: JointFile): void {
    this.#open.delete(file);
    this.#awake.delete(file);
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#turnDue) return;
    this.#turnDue = true;
    setImmediate(() => this.#turn());
  }

  get #engine(): Sha256Engine {
    this.#made ??= new Sha256Engine();
    return this.#made;
  }

  #turn(): void {
    this.#turnDue = false;
    for (let hashed = 0; hashed < TURN_BYTES && this.#awake.size > 0; ) hashed += this.#step();
    if (this.#awake.size > 0) this.#soon();
  }

  /** @returns bytes hashed */
  #step(): number {
    const ready = [...this.#awake].flatMap((file) => this.#ask(file));
    const odd = ready.find(({ file, bytes }) => bytes < BLOCK_BYTES || file.sha256.missingBytes > 0);
    const alone = odd ?? (ready.length === 1 ? ready[0] : undefined);
    return alone === undefined ? this.#together(ready.slice(0, LANES)) : this.#alone(alone);
  }

  #ask(file: JointFile): Ready[] {
    const bytes = file.readyBytes();
    if (bytes > 0) return [{ file, bytes }];
    this.#awake.delete(file);
    if (!file.rest()) this.#open.delete(file);
    return [];
  }

  #together(ready: readonly Ready[]): number {
    const least = Math.min(INPUT_BYTES, ...ready.map(({ bytes }) => bytes));
    const length = least - (least % BLOCK_BYTES);
    const read = this.#read(
      ready.map(({ file }) => file),
      length,
    );
    if (read.length === 0) return 0;
    Sha256Stream.together(
      this.#engine,
      read.map(({ file }) => file.sha256),
      length,
    );
    for (const { file, input } of read) file.took(input);
    return length * read.length;
  }

  /** Of the only one that is ready, or no whole block: the end of a file. */
  #alone({ file, bytes }: Ready): number {
    const [read] = this.#read([file], Math.min(INPUT_BYTES, bytes));
    if (read === undefined) return 0;
    file.sha256.update(read.input);
    file.took(read.input);
    return read.input.length;
  }

  /** Into the first lanes, in order; without those that failed. */
  #read(files: readonly JointFile[], length: number): { file: JointFile; input: Buffer }[] {
    const read: { file: JointFile; input: Buffer }[] = [];
    for (const file of files) {
      this.#awake.delete(file);
      const input = this.#engine.inputs[read.length]?.subarray(0, length);
      if (input === undefined || !file.read(input)) continue;
      this.#awake.add(file);
      read.push({ file, input });
    }
    return read;
  }
}
