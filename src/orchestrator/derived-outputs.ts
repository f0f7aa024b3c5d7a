/** What is known of a derived file before it is made: by its publication, by a derivation on record, or by its own pin. Reads records only. */
import { DERIVER, type Derived } from '../domain/derived.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { FileDerivation, FileSpec } from '../domain/spec.ts';
import { type DerivedOutput, readDerivation } from '../store/derivations.ts';
import type { SnapshotFile } from '../store/snapshot-record.ts';
import { readSnapshot } from '../store/snapshots.ts';
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';

export interface KnownOutput extends DerivedOutput {
  readonly derived: Derived;
}

/** The target's files, with digest and size of each derived one where they are known. */
export function withKnownOutputs(work: Orchestration, target: Target): readonly FileSpec[] {
  const known = knownOutputs(work, target);
  if (known.size === 0) return target.files;
  return target.files.map((file) => {
    const output = known.get(file.path);
    return output === undefined ? file : { ...file, sha256: output.sha256, sizeBytes: output.sizeBytes };
  });
}

/** By path. */
export function knownOutputs(work: Orchestration, target: Pick<Target, 'directory' | 'files'>): ReadonlyMap<string, KnownOutput> {
  const derived = target.files.filter(({ derive }) => derive !== undefined);
  if (derived.length === 0) return new Map();
  const record = readSnapshot(work.store, target.directory);
  const published = new Map(record?.files.map((file) => [file.path, file]));
  const leftOut = new Set(record?.leftOut);
  return new Map(
    derived.flatMap((file): [string, KnownOutput][] => {
      const output = fromPublication(file, published.get(file.path), leftOut) ?? fromRecord(work, file) ?? fromPin(file);
      return output === undefined || isPinnedElse(file, output) ? [] : [[file.path, output]];
    }),
  );
}

function fromPublication(file: FileSpec, published: SnapshotFile | undefined, leftOut: ReadonlySet<string>): KnownOutput | undefined {
  const { derived, sha256, key } = published ?? {};
  if (derived === undefined || sha256 === undefined || key === undefined || !isMadeAs(file, derived, leftOut)) return undefined;
  return { derived, sha256, sizeBytes: key.sizeBytes };
}

/** A lockfile's digest stands over what is on record here. */
const isPinnedElse = ({ sha256 }: FileSpec, output: DerivedOutput): boolean => sha256 !== undefined && sha256 !== output.sha256;

/** An input that the manifest has no digest for may be any. */
function isMadeAs({ derive }: FileSpec, { from, dtype, deriver }: Derived, leftOut: ReadonlySet<string>): boolean {
  const inputs = derive?.inputs.filter((input) => !leftOut.has(input.path)) ?? [];
  return (
    dtype === derive?.dtype &&
    deriver === DERIVER &&
    from.length === inputs.length &&
    inputs.every((input, index) => input.sha256 === undefined || input.sha256 === from[index])
  );
}

function fromRecord(work: Orchestration, file: FileSpec): KnownOutput | undefined {
  const derived = file.derive && derivedFrom(file.derive, (input) => input.sha256);
  const output = derived && readDerivation(work.store, derived);
  return derived && output && { ...output, derived };
}

/** Of this file and of no other: whoever wrote the pin says what these inputs give, and need not be believed for models of somebody else. */
function fromPin({ derive, pin, sha256, sizeBytes }: FileSpec): KnownOutput | undefined {
  if (derive === undefined || pin?.madeFrom === undefined || sha256 === undefined) return undefined;
  return { derived: { from: pin.madeFrom, dtype: derive.dtype, deriver: DERIVER, pinned: true }, sha256, sizeBytes };
}

/** Undefined where the digest of an input is not known. */
function derivedFrom({ dtype, inputs }: FileDerivation, digestOf: (input: FileSpec) => Sha256 | undefined): Derived | undefined {
  const from = inputs.flatMap((input) => digestOf(input) ?? []);
  return from.length === inputs.length ? { from, dtype, deriver: DERIVER } : undefined;
}

/** Digests that a run on these files counts on: their own, and those that they are made from. */
export const digestsOf = (files: readonly FileSpec[]): Sha256[] => [
  ...new Set(files.flatMap((file) => [file, ...(file.derive?.inputs ?? [])]).flatMap(({ sha256 }) => sha256 ?? [])),
];
