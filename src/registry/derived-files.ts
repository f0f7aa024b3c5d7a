/** The files of a variant that is made from another one: which of them are cast, and from what. */
import { posix } from 'node:path';
import type { Derivation, FileDerivation, FileSpec } from '../domain/spec.ts';

export interface DerivedFilesInput {
  /** Of the variant that it is made from. */
  readonly base: readonly FileSpec[];
  /** What the variant lists itself. */
  readonly own: readonly FileSpec[];
  /** Of those, the paths of the variant's own table: they stand in place of what would be made. */
  readonly replaced: ReadonlySet<string>;
  readonly derivation: Derivation;
}

export function derivedFiles({ base, own, replaced, derivation }: DerivedFilesInput): FileSpec[] {
  const ownByPath = new Map(own.map((file) => [file.path, file]));
  const made = base.filter((file) => !replaced.has(file.path));
  const weights = made.filter((file) => isWanted(file, derivation) && file.path.endsWith('.safetensors'));
  const shards = Map.groupBy(weights, folderOf);
  const cast = new Set(weights);
  const inBase = new Set(base.map((file) => file.path));
  return [
    ...base.map((file) => {
      if (replaced.has(file.path)) return ownByPath.get(file.path) ?? file;
      if (cast.has(file)) return derivedFile(file, { dtype: derivation.dtype, inputs: [file] }, Math.ceil(file.sizeBytes / 2));
      const beside = isIndex(file) ? shards.get(folderOf(file)) : undefined;
      return beside === undefined ? file : derivedFile(file, { dtype: derivation.dtype, inputs: [file, ...beside] }, file.sizeBytes);
    }),
    ...own.filter((file) => !inBase.has(file.path)),
  ];
}

const isWanted = ({ component }: FileSpec, { components }: Derivation): boolean =>
  components === undefined || (component !== undefined && components.includes(component));

/** Of these shards it is rewritten; said to be one, or named as every writer of sharded weights names it. */
const isIndex = (file: FileSpec): boolean => file.shardIndex || file.path.endsWith('.safetensors.index.json');

const folderOf = (file: FileSpec): string => posix.dirname(file.path);

/** Right inputs give right bytes: it is proven as they are. Nothing can be read of it anywhere. */
function derivedFile({ sha256: _, url: __, pin: ___, ...file }: FileSpec, derive: FileDerivation, sizeBytes: number): FileSpec {
  return { ...file, sizeBytes, derive };
}
