/** What a model's copy in a tier is worth to the model as the manifest has it now. Reads records only. */
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { SnapshotFile, SnapshotRecord } from '../store/snapshot-record.ts';
import { readCold } from '../store/tier-records.ts';
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';

/** Whether all these files lie there. */
export function isColdCopy(snapshot: SnapshotRecord, files: readonly FileSpec[]): boolean {
  const there = new Map(snapshot.files.map((file) => [file.path, file]));
  const leftOut = new Set(snapshot.leftOut);
  return files.every((file) => leftOut.has(file.path) || isSame(file, there.get(file.path)));
}

/** Of a model that is not published here: its files as they were when it was moved, by path, where the manifest still means them. */
export function coldFiles({ store }: Orchestration, { spec, files }: Pick<Target, 'spec' | 'files'>): ReadonlyMap<string, SnapshotFile> {
  const there = new Map(readCold(store, spec.family, spec.ref)?.snapshot.files.map((file) => [file.path, file]));
  return new Map(
    files.flatMap((file): [string, SnapshotFile][] => {
      const one = there.get(file.path);
      return one !== undefined && isSame(file, one) ? [[file.path, one]] : [];
    }),
  );
}

/** Paths that a model had when it was moved: a selection that grew its directory then comes back with it. */
export const coldPaths = ({ store }: Orchestration, family: string, ref: CanonicalRef): readonly string[] =>
  readCold(store, family, ref)?.snapshot.files.map(({ path }) => path) ?? [];

/** The tier with a whole copy of these files. */
export function tierOf({ store }: Orchestration, { spec, files }: Pick<Target, 'spec' | 'files'>): string | undefined {
  const known = readCold(store, spec.family, spec.ref);
  return known !== undefined && isColdCopy(known.snapshot, files) ? known.tier : undefined;
}

const isSame = (file: FileSpec, there: SnapshotFile | undefined): boolean =>
  there !== undefined &&
  (file.sha256 === undefined ? file.sizeBytes === there.key.sizeBytes || file.derive !== undefined : file.sha256 === there.sha256);
