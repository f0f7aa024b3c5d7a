/** How well a file's bytes are known to be the right ones; best first. */
export const PROOF_LEVELS = ['manifest-sha256', 'lock-sha256', 'upstream-sha256', 'etag', 'size-only'] as const;

export type ProofLevel = (typeof PROOF_LEVELS)[number];

export type ProofCounts = Readonly<Partial<Record<ProofLevel, number>>>;

/** How often each occurs, best first. */
export function countProofs(levels: readonly ProofLevel[]): ProofCounts {
  const occurring = PROOF_LEVELS.filter((level) => levels.includes(level));
  return Object.fromEntries(occurring.map((level) => [level, levels.filter((one) => one === level).length]));
}

/** The weakest of several: what a whole model can claim. */
export function weakestProof(levels: Iterable<ProofLevel>): ProofLevel | undefined {
  let weakest = -1;
  for (const level of levels) weakest = Math.max(weakest, PROOF_LEVELS.indexOf(level));
  return PROOF_LEVELS[weakest];
}
