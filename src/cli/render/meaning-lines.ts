/** What was asked for under another name is said once: which model, which component that was taken for. */
import type { CanonicalRef } from '../../domain/model-ref.ts';
import type { ComponentAlias } from '../../domain/spec.ts';
import { hasFailed, type Tried } from '../../wire/tried.ts';

interface Meant {
  readonly ref: CanonicalRef;
  readonly aliases?: readonly ComponentAlias[];
}

export const meaningLines = (tried: readonly Tried<Meant>[]): readonly string[] =>
  tried.flatMap((one) => (hasFailed(one) ? [] : [...modelLine(one.ref, one.value), ...aliasLines(one.value)]));

/** A name that only lacks its version is no other name. */
function modelLine(asked: string, { ref: { modelId } }: Meant): string[] {
  const name = asked.split(/[@#]/, 1)[0] ?? asked;
  return modelId.startsWith(`${name}@`) ? [] : [`${name} is ${modelId} in the manifest`];
}

const aliasLines = ({ ref, aliases = [] }: Meant): string[] =>
  aliases.map(({ name, means }) => `${name} means ${means.join(' and ')} in ${ref.modelId}`);
