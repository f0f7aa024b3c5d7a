/** `.verified.json`: what a snapshot holds and how that was proven. Wire form and typed form. */
import type { Derived } from '../domain/derived.ts';
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { ProofLevel } from '../domain/proof.ts';
import { type FileProof, formatDigest, parseDigest } from '../domain/published-digest.ts';
import type { StatKey } from './stat-key.ts';

export const VERIFIED_FILE = '.verified.json';
const SCHEMA = 'wan.verified/v1';

export interface SnapshotFile extends FileProof {
  readonly path: string;
  readonly sha256: Sha256;
  /** The file as it was when its bytes were proven. */
  readonly key: StatKey;
  /** Inode of the blob that it was reflinked from: their blocks are the same as long as neither is written to. */
  readonly reflinkOf?: string;
  /** Of a file that was made here: from what, and how. */
  readonly derived?: Derived;
}

export interface SnapshotRecord {
  readonly ref: CanonicalRef;
  readonly variant: string;
  readonly specDigest: Sha256;
  /** A new one for each publication. */
  readonly generation: string;
  /** ISO 8601. */
  readonly verifiedAt: string;
  readonly files: readonly SnapshotFile[];
  /** Paths of the spec that are not here and need not be: shards that the proven index does not name, optional files that no source had. */
  readonly leftOut: readonly string[];
}

interface WireFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly proof: ProofLevel;
  readonly upstream?: { readonly digest: string; readonly source: string };
  readonly ino: string;
  readonly mtime_ns: string;
  readonly ctime_ns: string;
  readonly reflink_of?: string;
  readonly derived?: Derived;
}

export interface WireRecord {
  readonly schema: string;
  readonly model_id: string;
  readonly variant: string;
  readonly ref: CanonicalRef;
  readonly spec_digest: string;
  readonly generation: string;
  readonly verified_at: string;
  readonly files: readonly WireFile[];
  readonly left_out: readonly string[];
}

export const toWire = (record: SnapshotRecord): WireRecord => ({
  schema: SCHEMA,
  model_id: record.ref.modelId,
  variant: record.variant,
  ref: record.ref,
  spec_digest: record.specDigest,
  generation: record.generation,
  verified_at: record.verifiedAt,
  files: record.files.map(({ path, sha256, proof, upstream, key, reflinkOf, derived }) => ({
    path,
    size: key.sizeBytes,
    sha256,
    proof,
    ...(upstream && { upstream: { digest: formatDigest(upstream), source: upstream.source } }),
    ino: key.ino,
    mtime_ns: key.mtimeNs,
    ctime_ns: key.ctimeNs,
    ...(reflinkOf !== undefined && { reflink_of: reflinkOf }),
    ...(derived !== undefined && { derived }),
  })),
  left_out: record.leftOut,
});

/** Undefined for another schema. The record's own check has already vouched for its shape. */
export function fromWire(wire: WireRecord): SnapshotRecord | undefined {
  const specDigest = parseSha256(wire.spec_digest);
  if (wire.schema !== SCHEMA || specDigest === undefined) return undefined;
  const files: SnapshotFile[] = [];
  for (const file of wire.files) {
    const sha256 = parseSha256(file.sha256);
    if (sha256 === undefined) return undefined;
    const key = { sizeBytes: file.size, ino: file.ino, mtimeNs: file.mtime_ns, ctimeNs: file.ctime_ns };
    const { path, proof, derived, reflink_of: reflinkOf } = file;
    files.push({
      path,
      sha256,
      proof,
      ...upstreamOf(file),
      key,
      ...(reflinkOf !== undefined && { reflinkOf }),
      ...(derived !== undefined && { derived }),
    });
  }
  const { ref, variant, generation } = wire;
  return { ref, variant, specDigest, generation, verifiedAt: wire.verified_at, files, leftOut: wire.left_out };
}

function upstreamOf({ upstream }: WireFile): Pick<FileProof, 'upstream'> {
  const digest = upstream && parseDigest(upstream.digest);
  return upstream && digest ? { upstream: { ...digest, source: upstream.source } } : {};
}
