import { ModelError } from '../domain/errors.ts';
import { nearest } from '../util/nearest.ts';

/** Stable finer words of a wrong command line. */
export type UsageReason =
  | 'unknown_command'
  | 'unknown_option'
  | 'missing_value'
  | 'unexpected_value'
  | 'invalid_value'
  | 'missing_operand'
  | 'unexpected_operand'
  | 'conflicting_options'
  | 'missing_confirmation';

/** A wrong command line: exit status 2, with what to write instead. */
export const usageError = (reason: UsageReason, message: string, hint: string): ModelError =>
  new ModelError('INVALID_INPUT', message, { reason, hint });

export interface Suggesting {
  /** Where nothing is close: what to look at. */
  readonly otherwise: string;
  /** How a candidate is written out. */
  readonly show?: (candidate: string) => string;
}

/** "did you mean `--jobs`?" */
export function suggestion(typed: string, candidates: Iterable<string>, { otherwise, show = (word) => word }: Suggesting): string {
  const found = nearest(typed, candidates);
  return found === undefined ? otherwise : `did you mean \`${show(found)}\`?`;
}
