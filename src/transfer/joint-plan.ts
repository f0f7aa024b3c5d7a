/** Which files are hashed side by side on one thread, where the CPU has no instructions for sha256. Pure. Figures: docs/decisions. */
import { LANES } from '../util/sha256/sha256-layout.ts';

export interface JointCandidate {
  /** To be hashed. */
  readonly bytes: number;
  /** The same of the other files at work, and of those that wait; asked only where the rest speaks for it. */
  readonly others: () => readonly number[];
  /** Threads for bulk work. */
  readonly threads: number;
}

/** On more of them a file each, hashed by OpenSSL, is sooner done: one thread hashes four as fast as two hash two each. */
const MOST_THREADS = 2;
/** What a file has left when the others are done is hashed alone, more slowly than by OpenSSL. */
const LEAST_SHARE = 0.5;
const LEAST_BYTES = 16 * 1024 * 1024;

export function isHashedJointly({ bytes, others, threads }: JointCandidate): boolean {
  if (threads > MOST_THREADS || bytes < LEAST_BYTES) return false;
  return others().filter((other) => other >= LEAST_SHARE * bytes).length >= LANES - 1;
}

export interface TogetherQuestion {
  /** In the order in which they begin. */
  readonly waiting: readonly { readonly sizeBytes: number }[];
  /** Of those that wait, and of those at work on any thread. */
  readonly unfinishedBytes: number;
  readonly threads: number;
}

/** Four files side by side take as long as OpenSSL with AVX2 takes for three: as much as three of its largest a set must hold, and each thread have to do. */
const LEAST_FILES = 3;

/** Of complete files: how many of the first that wait a thread takes at once. */
export function countTogether({ waiting, unfinishedBytes, threads }: TogetherQuestion): number {
  const set = waiting.slice(0, LANES).map(({ sizeBytes }) => sizeBytes);
  const largest = Math.max(...set);
  const enough = LEAST_FILES * largest;
  const setBytes = set.reduce((sum, bytes) => sum + bytes, 0);
  const pays = largest >= LEAST_BYTES && setBytes >= enough && unfinishedBytes >= threads * enough;
  return pays ? set.length : 1;
}
