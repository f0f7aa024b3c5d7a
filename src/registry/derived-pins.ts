/** What the lockfile says of files that are made here: it counts only for what the manifest says now that they are made from. Pure. */
import { DERIVER } from '../domain/derived.ts';
import { parseSha256 } from '../domain/digest.ts';
import type { FileDerivation, FileSpec, PartLock } from '../domain/spec.ts';
import type { LockView } from './lock-view.ts';
import type { LockedFile } from './lockfile.ts';

/** Puts the digest of the output in the file's spec. */
export function derivedPinner(view: LockView | undefined): (file: FileSpec) => FileSpec {
  const pins = new Map(view?.derived.map((pin) => [pin.path, pin]));
  return (file) => {
    const pin = file.derive && pins.get(file.path);
    const sha256 = pin?.sha256 === undefined ? undefined : parseSha256(pin.sha256);
    if (pin === undefined || sha256 === undefined || !isPinFor(file, pin)) return file;
    const madeFrom = pin.derived?.from.flatMap((digest) => parseSha256(digest) ?? []) ?? [];
    return { ...file, sha256, sizeBytes: pin.size, proof: 'lock-sha256', pin: { lockedAt: view?.lockedAt ?? '', madeFrom } };
  };
}

/** Same inputs, dtype and deriver. An input that no digest is known of may be any: then nothing is pinned. */
const isPinFor = ({ derive }: FileSpec, { derived }: LockedFile): boolean =>
  derive !== undefined &&
  derived !== undefined &&
  derived.settings === undefined &&
  derived.deriver === DERIVER &&
  derived.dtype === derive.dtype &&
  areInputs(derive, derived.from);

/** Of an index the shards that it does not name are left out; which these are its own digest decides. */
export function areInputs({ inputs }: FileDerivation, from: readonly string[]): boolean {
  const [own, ...shards] = inputs;
  const [first, ...others] = from;
  if (own?.sha256 === undefined || own.sha256 !== first) return false;
  const left = shards.map(({ sha256 }): string | undefined => sha256);
  return others.every((digest) => {
    const at = left.indexOf(digest);
    left.splice(0, at + 1);
    return at >= 0;
  });
}

/** How the entry of a derived variant stands to its files: stale where one of its pins is for something else. */
export function derivedState(files: readonly FileSpec[], view: LockView): PartLock['state'] {
  const made = new Map(files.flatMap((file) => (file.derive === undefined ? [] : [[file.path, file] as const])));
  const isFor = (pin: LockedFile): boolean => {
    const file = made.get(pin.path);
    return file !== undefined && isPinFor(file, pin);
  };
  if (view.state !== 'locked') return view.state;
  if (!view.derived.every(isFor)) return 'stale';
  return made.size > 0 && view.derived.length === 0 ? 'missing' : 'locked';
}
