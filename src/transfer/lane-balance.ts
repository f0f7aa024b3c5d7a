/**
 * Which lane does what, so that all end at about the same time. The hash of a file stays where it was begun; what can still be
 * given to another thread is the reading of its bytes from the source and their writing.
 */
import type { Span } from './extent-plan.ts';

/** A lane, whatever else it is. */
type Place = object;

/** A file at work, as far as its lanes matter. */
export interface BalancedFile<Lane extends Place> {
  readonly hashLane: Lane;
  /** What the hash has still to see. */
  readonly unhashedBytes: number;
  /** Hashed beside other files, which costs less, and read back for it, wherever its bytes are written. */
  readonly isJoint: boolean;
  readonly ranges: ReadonlySet<{ readonly lane: Lane; remaining(): Span }>;
}

/** What moving a byte from socket to file costs, in bytes hashed with a CPU that has no instructions for it (bench/README.md). */
const MOVE_COST = 0.3;
/** What hashing a byte costs that way. */
const JOINT_COST = 0.6;
/** A range that is short. */
export const SHORT_BYTES = 64 * 1024 * 1024;

export class LaneBalance<Lane extends Place> {
  readonly #files = new Set<BalancedFile<Lane>>();
  readonly #hasWaiting: () => boolean;

  /** @param hasWaiting files wait for a place: they will go to whichever lane is free first, and even out what is uneven now */
  constructor(hasWaiting: () => boolean) {
    this.#hasWaiting = hasWaiting;
  }

  add(file: BalancedFile<Lane>): void {
    this.#files.add(file);
  }

  delete(file: BalancedFile<Lane>): void {
    this.#files.delete(file);
  }

  /** No more files will even out what is uneven: only the reading can still be shared, in ranges that are short. */
  get isLast(): boolean {
    return !this.#hasWaiting();
  }

  /** Whether another lane would be done so much earlier than the one of this hash that it should read for it. */
  hasHelper(file: BalancedFile<Lane>, lanes: readonly Lane[]): boolean {
    const own = this.#work(file.hashLane);
    return this.isLast && lanes.some((lane) => lane !== file.hashLane && this.#work(lane) + 2 * MOVE_COST * SHORT_BYTES < own);
  }

  /** For the hash of a file that begins. */
  leastFiles(lanes: readonly Lane[]): Lane | undefined {
    const count = (lane: Lane) => [...this.#files].filter(({ hashLane }) => hashLane === lane).length;
    return least(lanes, count);
  }

  /** For a range of so many bytes: bytes in order, read by the thread that hashes them, need not be read back. */
  laneFor(file: BalancedFile<Lane>, { lanes, bytes }: { readonly lanes: readonly Lane[]; readonly bytes: number }): Lane | undefined {
    if (file.ranges.size === 0 && !file.isJoint) return file.hashLane;
    const own = file.isJoint ? 0 : MOVE_COST * bytes;
    return least(lanes, (lane) => this.#work(lane) - (lane === file.hashLane ? own : 0));
  }

  /** In bytes hashed. */
  #work(lane: Lane): number {
    let bytes = 0;
    for (const file of this.#files) {
      if (file.hashLane === lane) bytes += file.unhashedBytes * (file.isJoint ? JOINT_COST : 1);
      for (const range of file.ranges) if (range.lane === lane) bytes += MOVE_COST * lengthOf(range.remaining());
    }
    return bytes;
  }
}

const lengthOf = ({ offset, end }: Span): number => end - offset;

function least<Lane>(lanes: readonly Lane[], cost: (lane: Lane) => number): Lane | undefined {
  const costs = lanes.map(cost);
  return lanes[costs.indexOf(Math.min(...costs))];
}
