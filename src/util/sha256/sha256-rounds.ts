/** The 64 rounds of a block (FIPS 180-4, 6.2.2), whatever a word is. */
import { CONSTANTS_AT, ROUNDS, scheduleAt, TURN, VECTOR_BYTES } from './sha256-layout.ts';
import type { Words } from './sha256-words.ts';
import { addNumber, type Code, constant, doWhile, get, isUnequal, joined, set, times, ZERO } from './wasm-code.ts';

/** Locals: parameters of the function, where the constants of this turn lie, then words. */
export const PARAMETERS = 2;
const CONSTANTS = 2;
const [A, B, C, D, E, F, G, H, NEXT, SIGMA, SUM, AB, BC, OLD, RECENT] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
/** What a block begins with, and what it has become after the rounds. */
export const STATE = [A, B, C, D, E, F, G, H] as const;
export const WORDS = 15;
/** Of no use between blocks. */
export const SPARE = [NEXT, SIGMA, SUM, AB, OLD, RECENT] as const;

const twice = (w: Words, word: Code, [a, b]: readonly [number, number]): Code => w.xor(w.rotateRight(word, a), w.rotateRight(word, b));
const bigSigma = (w: Words, word: Code, [a, b, c]: readonly [number, number, number]): Code =>
  w.xor(twice(w, word, [a, b]), w.rotateRight(word, c));
const smallSigma = (w: Words, word: Code, [a, b, shift]: readonly [number, number, number]): Code =>
  w.xor(twice(w, word, [a, b]), w.shiftRight(word, shift));

/** The message word of a round into NEXT, and into the schedule in place of that of sixteen rounds before. */
function nextWord(w: Words, round: number): Code {
  if (round < TURN) return set(NEXT, w.load(ZERO, scheduleAt(round)));
  const sum = w.add(w.load(ZERO, scheduleAt(round)), w.load(ZERO, scheduleAt(round - 7)));
  return joined(
    set(OLD, w.load(ZERO, scheduleAt(round - 15))),
    set(RECENT, w.load(ZERO, scheduleAt(round - 2))),
    set(NEXT, w.add(w.add(sum, smallSigma(w, get(OLD), [7, 18, 3])), smallSigma(w, get(RECENT), [17, 19, 10]))),
    w.store(ZERO, scheduleAt(round), get(NEXT)),
  );
}

/**
 * One round. The words of the state stay in their locals and change their roles. The next message word is made in the middle: the
 * processor has that to do while it waits for the first half.
 */
function round(w: Words, index: number): Code {
  const role = (of: number): number => STATE[(of - index) & 7] ?? A;
  const [a, b, d, e, f, g, h] = [role(0), role(1), role(3), role(4), role(5), role(6), role(7)];
  const choice = w.xor(w.and(w.xor(get(f), get(g)), get(e)), get(g));
  // With a xor b and b xor c at hand: the latter is the former of the round before.
  const majority = w.xor(w.and(get(AB), get(BC)), get(b));
  const constants = w.load(get(CONSTANTS), CONSTANTS_AT + (index % TURN) * VECTOR_BYTES);
  return joined(
    set(SIGMA, bigSigma(w, get(e), [6, 11, 25])),
    set(SUM, w.add(w.add(get(NEXT), constants), get(h))),
    set(SUM, w.add(w.add(get(SUM), choice), get(SIGMA))),
    set(d, w.add(get(d), get(SUM))),
    nextWord(w, index + 1),
    set(AB, w.xor(get(a), get(b))),
    set(SUM, w.add(majority, get(SUM))),
    set(BC, get(AB)),
    set(h, w.add(get(SUM), bigSigma(w, get(a), [2, 13, 22]))),
  );
}

/** All rounds of one block, whose first message words are in the schedule. */
export const rounds = (w: Words): Code =>
  joined(
    nextWord(w, 0),
    set(BC, w.xor(get(B), get(C))),
    set(CONSTANTS, ZERO),
    times(TURN, (index) => round(w, index)),
    doWhile(
      joined(
        set(CONSTANTS, addNumber(get(CONSTANTS), constant(TURN * VECTOR_BYTES))),
        times(TURN, (index) => round(w, TURN + index)),
      ),
      isUnequal(get(CONSTANTS), constant((ROUNDS - TURN) * VECTOR_BYTES)),
    ),
  );
