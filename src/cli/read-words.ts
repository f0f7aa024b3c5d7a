/**
 * Words after a verb as options and operands, in the usual ways of writing them: `--jobs 4`, `--jobs=4`, `-j 4`, `-j4`, `-qh`, and
 * `--` before operands that begin with a dash. By hand, since loading node's own parser costs a twentieth of a warm start.
 */
import type { OptionSpec } from './command.ts';

export type Word =
  | { readonly kind: 'operand'; readonly text: string }
  /** `option` is absent where there is none of that name, `value` where none was given. */
  | {
      readonly kind: 'option';
      readonly typed: string;
      readonly option: OptionSpec | undefined;
      readonly value: string | undefined;
      /** Written in one word with the option. */
      readonly inline: boolean;
    };

export function readWords(words: readonly string[], options: readonly OptionSpec[]): readonly Word[] {
  const end = words.indexOf('--');
  const read: Word[] = [];
  const rest = words.slice(0, end < 0 ? undefined : end);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('--')) read.push(longOption(word, rest, options));
    else if (word.startsWith('-') && word !== '-') read.push(...shortOptions(word, rest, options));
    else read.push(operand(word));
  }
  return end < 0 ? read : [...read, ...words.slice(end + 1).map(operand)];
}

const operand = (text: string): Word => ({ kind: 'operand', text });

function longOption(word: string, rest: string[], options: readonly OptionSpec[]): Word {
  const equals = word.indexOf('=');
  const typed = equals < 0 ? word : word.slice(0, equals);
  const option = options.find(({ name }) => typed === `--${name}`);
  if (equals >= 0) return { kind: 'option', typed, option, value: word.slice(equals + 1), inline: true };
  return { kind: 'option', typed, option, value: option?.value === undefined ? undefined : rest.shift(), inline: false };
}

/** Switches may share a dash; the first that takes a value takes the rest of the word, or the next one. */
function shortOptions(word: string, rest: string[], options: readonly OptionSpec[]): readonly Word[] {
  const typed = word.slice(0, 2);
  const tail = word.slice(2);
  const option = options.find(({ short }) => typed === `-${short}`);
  if (option?.value !== undefined) {
    const inline = tail !== '';
    return [{ kind: 'option', typed, option, value: inline ? tail : rest.shift(), inline }];
  }
  const first: Word = { kind: 'option', typed, option, value: undefined, inline: false };
  return tail === '' ? [first] : [first, ...shortOptions(`-${tail}`, rest, options)];
}
