/** The leaves of a file as parts to be hashed one by one, and what they must hash to. Pure. */
import { type Sha256, sha256Of } from '../domain/digest.ts';
import type { PieceLeaves } from '../store/piece-leaves.ts';
import type { FileExtent } from './hash-job.ts';

const DIGEST_BYTES = 32;

export interface LeafyFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly leafBytes: number;
}

export function leafExtents({ path, sizeBytes, leafBytes }: LeafyFile): FileExtent[] {
  return Array.from({ length: Math.ceil(sizeBytes / leafBytes) }, (_, leaf) => {
    const offset = leaf * leafBytes;
    return { path, offset, length: Math.min(leafBytes, sizeBytes - offset) };
  });
}

export const leafDigest = ({ digests }: PieceLeaves, leaf: number): Sha256 =>
  sha256Of(Buffer.from(digests.subarray(leaf * DIGEST_BYTES, (leaf + 1) * DIGEST_BYTES)).toString('hex'));
