/** A digest of a whole file that somebody publishes: what proves bytes where the manifest has no sha256. */
import type { ProofLevel } from './proof.ts';

/** `git-sha1`: SHA-1 of `blob {size}\0` and the content, which is git's name for it. */
export const DIGEST_ALGORITHMS = ['sha256', 'git-sha1', 'md5'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

export interface FileDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower case. */
  readonly hex: string;
}

/** What a source says of its bytes. */
export interface PublishedDigest extends FileDigest {
  /** Redacted label. */
  readonly source: string;
}

const HEX_DIGITS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, 'git-sha1': 40, md5: 32 };

/** `git-sha1:8ab686…` */
export const formatDigest = ({ algorithm, hex }: FileDigest): string => `${algorithm}:${hex}`;

/** What {@link formatDigest} makes; anything else gives `undefined`. */
export function parseDigest(text: string): FileDigest | undefined {
  const [name = '', hex = ''] = text.split(':');
  const algorithm = DIGEST_ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined || !/^[0-9a-f]+$/.test(hex) || hex.length !== HEX_DIGITS[algorithm]) return undefined;
  return { algorithm, hex };
}

/** What proves a file's bytes. */
export interface FileProof {
  readonly proof: ProofLevel;
  /** Where a source said it. */
  readonly upstream?: PublishedDigest;
}

/** What a match earns. */
export const levelOf = ({ algorithm }: FileDigest): ProofLevel => (algorithm === 'sha256' ? 'upstream-sha256' : 'etag');
