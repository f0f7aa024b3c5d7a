/**
 * Which lane does what, so that all end at about the same time. The hash of a file stays where it was begun; what can still be
 * given to another thread is the reading of its bytes from the source and their writing.
 */
import type { ActiveRange } from './active-range.ts';
import type { FileState } from './file-state.ts';
import type { Lane } from './lane.ts';

/** What moving a byte from socket to file costs, in bytes hashed with a CPU that has no instructions for it (bench/README.md). */
const MOVE_COST = 0.3;
/** A range that is short. */
export const SHORT_BYTES = 64 * 1024 * 1024;

export class LaneBalance {
  readonly #files = new Set<FileState>();
  readonly #hasWaiting: () => boolean;

  /** @param hasWaiting files wait for a place: they will go to whichever lane is free first, and even out what is uneven now */
  constructor(hasWaiting: () => boolean) {
    this.#hasWaiting = hasWaiting;
  }

  add(file: FileState): void {
    this.#files.add(file);
  }

  delete(file: FileState): void {
    this.#files.delete(file);
  }

  /** No more files will even out what is uneven: only the reading can still be shared, in ranges that are short. */
  get isLast(): boolean {
    return !this.#hasWaiting();
  }

  /** Whether another lane would be done so much earlier than the one of this hash that it should read for it. */
  hasHelper(file: FileState, lanes: readonly Lane[]): boolean {
    const own = this.#work(file.hashLane);
    return this.isLast && lanes.some((lane) => lane !== file.hashLane && this.#work(lane) + 2 * MOVE_COST * SHORT_BYTES < own);
  }

  /** For the hash of a file that begins. */
  leastFiles(lanes: readonly Lane[]): Lane | undefined {
    const count = (lane: Lane) => [...this.#files].filter(({ hashLane }) => hashLane === lane).length;
    return least(lanes, count);
  }

  /** For a range of so many bytes: bytes in order, read by the thread that hashes them, need not be read back. */
  laneFor(file: FileState, { lanes, bytes }: { readonly lanes: readonly Lane[]; readonly bytes: number }): Lane | undefined {
    if (file.ranges.size === 0) return file.hashLane;
    const own = MOVE_COST * bytes;
    return least(lanes, (lane) => this.#work(lane) - (lane === file.hashLane ? own : 0));
  }

  /** In bytes hashed. */
  #work(lane: Lane): number {
    let bytes = 0;
    for (const file of this.#files) {
      if (file.hashLane === lane) bytes += file.file.partial.sizeBytes - file.cell.offset;
      for (const range of file.ranges) if (range.lane === lane) bytes += MOVE_COST * restOf(range);
    }
    return bytes;
  }
}

function restOf(range: ActiveRange): number {
  const { offset, end } = range.remaining();
  return end - offset;
}

function least(lanes: readonly Lane[], cost: (lane: Lane) => number): Lane | undefined {
  const costs = lanes.map(cost);
  return lanes[costs.indexOf(Math.min(...costs))];
}
