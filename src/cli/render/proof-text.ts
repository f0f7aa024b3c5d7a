import type { ProofCounts, ProofLevel } from '../../domain/proof.ts';

/** The weakest, and where some files have better, how many have not: `etag (2)`. */
export function proofText(weakest: ProofLevel | undefined, counts: ProofCounts): string {
  if (weakest === undefined) return '';
  return Object.keys(counts).length > 1 ? `${weakest} (${counts[weakest] ?? 0})` : weakest;
}
