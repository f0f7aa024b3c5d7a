/**
 * A file that waits for nothing that could come: no range of it runs, none waits for its time, and none is begun. That ends by itself
 * on no machine, however slow it is: it is a bug, and told as one with what was known, instead of waited out for ever.
 */
import { ModelError } from '../domain/errors.ts';
import type { FileState } from './file-state.ts';
import type { LaneLoad } from './lane-load.ts';

/** Looks in a row, of a thread whose own timers run: a machine that stood still has not looked. */
const STANDSTILL_LOOKS = 600;
/** Pieces and claims that are told. */
const MAX_TOLD = 20;

export class Standstill {
  readonly #most: number;
  /** By file: looks in a row at which it could not go on. */
  readonly #looks = new WeakMap<object, number>();

  constructor(most = STANDSTILL_LOOKS) {
    this.#most = most;
  }

  /** Call at each look. @returns whether it will never go on */
  isReached(file: object, mayGoOn: boolean): boolean {
    const looks = mayGoOn ? 0 : (this.#looks.get(file) ?? 0) + 1;
    this.#looks.set(file, looks);
    return looks >= this.#most;
  }
}

/** Windows of the hashing thread (lane-load.ts), and looks of this one: a thread that is stuck in a call of the file system has none. */
const HASH_TURNS = 150;

interface WatchedHash extends Pick<FileState, 'cell'> {
  readonly hashLane: { readonly load: Pick<LaneLoad, 'windows'> };
}

/** Whether the hash of a complete file moves, on a thread that has turns for it. */
export class HashWatch {
  readonly #hash: WatchedHash;
  readonly #most: number;
  #offset = -1;
  #sinceWindow = 0;
  #looks = 0;

  constructor(hash: WatchedHash, most = HASH_TURNS) {
    this.#hash = hash;
    this.#most = most;
  }

  /** Call a few times a second, once all bytes are there. @returns whether it will never end */
  isStill(): boolean {
    const { cell, hashLane } = this.#hash;
    const { windows } = hashLane.load;
    if (cell.offset !== this.#offset) {
      this.#sinceWindow = windows;
      this.#looks = 0;
    }
    this.#offset = cell.offset;
    this.#looks++;
    return Math.min(windows - this.#sinceWindow, this.#looks) >= this.#most;
  }
}

/** @param sources what each of them knew */
export function standstillError(state: FileState, sources: readonly object[]): ModelError {
  const { file, heldBytes, pieces, claims, cell } = state;
  const all = Array.from({ length: pieces.count }, (_, piece) => piece);
  const missing = all.filter((piece) => !pieces.isHeld(piece));
  const claimed = all.filter((piece) => Atomics.load(claims, piece) !== 0);
  return new ModelError(
    'INTERNAL',
    missing.length === 0
      ? `${file.name} stands still: all its bytes are here, and nothing hashes what is left of them`
      : `${file.name} stands still: ${missing.length} pieces are missing, and nothing is under way that could bring them`,
    {
      reason: 'standstill',
      hint: 'run the command again: it goes on with what is held; and please report this with its details (`--json`)',
      details: {
        file: file.name,
        held_bytes: heldBytes,
        size_bytes: file.partial.sizeBytes,
        hashed_bytes: cell.offset,
        missing_pieces: missing.slice(0, MAX_TOLD),
        claims: claimed.slice(0, MAX_TOLD).map((piece) => ({ piece, range: Atomics.load(claims, piece) })),
        ranges: [...state.ranges].map(({ rangeId, lane, accepted, stopped }) => ({
          range: rangeId,
          lane: lane.name,
          accepted,
          stopped: stopped !== undefined,
        })),
        sources,
      },
    },
  );
}
