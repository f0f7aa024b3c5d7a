/** What `lock` writes of files that are made here: what they were made as, from the records of this machine. Nothing is made or read for it. */
import type { NotDerived } from '../domain/lock-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import { areInputs } from '../registry/derived-pins.ts';
import type { LockEntryBody, LockedFile } from '../registry/lockfile.ts';
import { type KnownOutput, knownOutputs } from './derived-outputs.ts';
import type { Orchestration } from './orchestration.ts';

export interface DerivedRequest {
  /** Of the derived variant, with what the lockfile is about to say of its inputs. */
  readonly spec: ModelSpec;
  /** Of the derived variant, with the derived files that were pinned before. */
  readonly entry: LockEntryBody;
  /** Take what was made here for what was pinned. */
  readonly update: boolean;
}

export interface DerivedPins {
  readonly files: readonly LockedFile[];
  readonly notDerived?: NotDerived;
}

/** The entry's files. A pin for other inputs, another dtype or deriver is not among them. */
export function lockDerived(work: Orchestration, { spec, entry, update }: DerivedRequest): DerivedPins {
  const made = spec.files.filter(({ derive }) => derive !== undefined);
  const before = new Map(entry.files.map((file) => [file.path, file]));
  const outputs = madeHere(work, spec, made);
  const pins = made.map((file) => {
    const pinned = file.sha256 === undefined ? undefined : before.get(file.path);
    const output = outputs.get(file.path);
    const here = output && pinOf(file.path, output);
    return { file, pin: update ? (here ?? pinned) : (pinned ?? here) };
  });
  const wanting = pins.filter(({ file, pin }) => pin === undefined && !isOptional(spec, file)).map(({ file }) => file);
  return {
    files: [...entry.files.filter(({ derived }) => derived === undefined), ...pins.flatMap(({ pin }) => pin ?? [])],
    ...(wanting.length > 0 && { notDerived: noticeOf(spec, wanting) }),
  };
}

/** Whatever the lockfile says of them; only what is known to come from the inputs that the manifest and the lockfile name. */
function madeHere(work: Orchestration, spec: ModelSpec, made: readonly FileSpec[]): ReadonlyMap<string, KnownOutput> {
  const files = made.map(({ sha256: _, ...file }): FileSpec => file);
  const known = knownOutputs(work, { directory: work.store.resolver.modelDir(spec.family, spec.ref), files });
  return new Map(
    files.flatMap(({ path, derive }): [string, KnownOutput][] => {
      const output = known.get(path);
      return derive !== undefined && output !== undefined && areInputs(derive, output.derived.from) ? [[path, output]] : [];
    }),
  );
}

const pinOf = (path: string, { sha256, sizeBytes, derived: { from, dtype, deriver } }: KnownOutput): LockedFile => ({
  path,
  size: sizeBytes,
  sha256,
  by: 'deriver',
  derived: { from: [...from], dtype, deriver },
});

const isOptional = ({ optionalComponents }: ModelSpec, { optional, component }: FileSpec): boolean =>
  optional || (component !== undefined && optionalComponents.includes(component));

function noticeOf({ ref }: ModelSpec, wanting: readonly FileSpec[]): NotDerived {
  const isOpen = wanting.some(({ derive }) => derive?.inputs.some(({ sha256 }) => sha256 === undefined));
  return { ref: formatRef(ref), reason: isOpen ? 'inputs_unknown' : 'not_made', files: wanting.map(({ path }) => path) };
}
