/** Where things lie in the memory of the module of sha256-code.ts, and how much of them there is. */

export const LANES = 4;
export const BLOCK_BYTES = 64;
export const VECTOR_BYTES = 16;
export const ROUNDS = 64;
/** Rounds between two of which the message words are all new, and of which one turn of the loop is made. */
export const TURN = 16;

/** A vector holds the same word of all lanes. */
export const CONSTANTS_AT = 0;
const SCHEDULE_AT = CONSTANTS_AT + ROUNDS * VECTOR_BYTES;
export const STATE_AT = SCHEDULE_AT + TURN * VECTOR_BYTES;
/** A vector that is taken apart. */
export const SPREAD_AT = STATE_AT + 8 * VECTOR_BYTES;
/** A lane's bytes, then the next lane's, then those of a stream that goes alone. */
export const INPUT_AT = 4096;
/** So much is read at a time: less would make a slow disk go back and forth between the files. */
export const INPUT_BYTES = 512 * 1024;
export const ALONE_AT = INPUT_AT + LANES * INPUT_BYTES;

const PAGE_BYTES = 65_536;
export const MEMORY_PAGES = Math.ceil((ALONE_AT + INPUT_BYTES) / PAGE_BYTES);

export const scheduleAt = (round: number): number => SCHEDULE_AT + (round % TURN) * VECTOR_BYTES;
export const stateAt = (word: number): number => STATE_AT + word * VECTOR_BYTES;
