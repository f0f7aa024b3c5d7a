/** Verbs that do one of several things: their first word says which. */
import type { ParsedArgs } from './parsed-args.ts';
import { usageError } from './usage-error.ts';

export interface Acts<T> {
  /** As typed: `wan models tier`. */
  readonly title: string;
  /** By the first word: those of the operands' `actions`, which the parser has checked. */
  readonly acts: Readonly<Record<string, T>>;
  /** The options that only some of them take. */
  readonly own?: Readonly<Record<string, readonly string[]>>;
  /** Where no word is given. */
  readonly otherwise?: string;
}

/** @throws ModelError INVALID_INPUT for an option of another act */
export function actOf<T>(args: ParsedArgs, { title, acts, own = {}, otherwise = '' }: Acts<T>): T {
  const [name = otherwise] = args.operands;
  const act = acts[name];
  if (act === undefined) throw new Error(`${title} has no act ${name}`);
  const foreign = Object.values(own)
    .flat()
    .find((option) => args.has(option) && !own[name]?.includes(option));
  if (foreign !== undefined) throw usageError('unknown_option', `${title} ${name} has no option --${foreign}`, `see \`${title} --help\``);
  return act;
}
