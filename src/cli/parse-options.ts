/** Options and operands of one verb. */
import { nearest } from '../util/nearest.ts';
import type { OperandSpec, OptionSpec } from './command.ts';
import { ParsedArgs } from './parsed-args.ts';
import { readWords, type Word } from './read-words.ts';
import { suggestion, usageError } from './usage-error.ts';

/** What the words after a verb are checked against. */
export interface Grammar {
  /** As it is typed, for messages: `wan models ensure`. */
  readonly title: string;
  readonly options: readonly OptionSpec[];
  readonly operands?: OperandSpec;
}

/** @throws ModelError INVALID_INPUT for anything that the grammar does not have. */
export function parseOptions(words: readonly string[], grammar: Grammar): ParsedArgs {
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  for (const word of readWords(words, grammar.options)) {
    if (word.kind === 'operand') operands.push(word.text);
    else addOption(values, word, grammar);
  }
  checkOperands(operands, grammar);
  return new ParsedArgs(operands, values);
}

type OptionWord = Extract<Word, { kind: 'option' }>;

function addOption(values: Map<string, string[]>, word: OptionWord, grammar: Grammar): void {
  const { option } = word;
  if (option === undefined) throw unknownOption(word.typed, grammar);
  const given = valuesOf(option, word);
  for (const value of given) checkChoice(option, value);
  values.set(option.name, [...(values.get(option.name) ?? []), ...given]);
}

function valuesOf(option: OptionSpec, { typed, value, inline }: OptionWord): readonly string[] {
  if (option.value === undefined) {
    if (value === undefined) return [];
    throw usageError('unexpected_value', `${typed} takes no value`, `write ${typed} alone`);
  }
  const looksLikeOption = !inline && value?.startsWith('-') && value !== '-';
  if (value === undefined || value === '' || looksLikeOption) {
    throw usageError('missing_value', `${typed} needs a value`, `write ${typed} ${option.value}`);
  }
  return option.commas ? value.split(',').filter((part) => part !== '') : [value];
}

function checkChoice({ name, choices }: OptionSpec, value: string): void {
  if (choices === undefined || choices.includes(value)) return;
  const hint = suggestion(value, choices, { otherwise: `write one of ${choices.join(', ')}` });
  throw usageError('invalid_value', `--${name} does not know ${JSON.stringify(value)}`, hint);
}

function unknownOption(typed: string, { title, options }: Grammar) {
  const hint = suggestion(
    typed,
    options.map(({ name }) => `--${name}`),
    { otherwise: `see \`${title} --help\`` },
  );
  return usageError('unknown_option', `${title} has no option ${typed}`, hint);
}

function checkOperands(operands: readonly string[], { title, operands: spec }: Grammar): void {
  const extra = operands[spec?.max ?? 0];
  if (extra !== undefined) {
    const what = spec?.isPrivate === true ? 'another word: secrets do not belong on the command line' : JSON.stringify(extra);
    throw usageError('unexpected_operand', `${title} does not take ${what}`, `see \`${title} --help\``);
  }
  if (spec === undefined) return;
  checkAction(operands[0], title, spec);
  if (operands.length < spec.min) {
    const wanted = `write \`${title} ${spec.choices?.join('|') ?? spec.name}\``;
    const known = spec.completes === 'ref' ? ' (`wan models list` shows what there is)' : '';
    throw usageError('missing_operand', `${title} needs ${spec.name}`, wanted + known);
  }
  for (const operand of operands) checkOperandChoice(operand, spec);
}

/** The first word of a verb that does several things. */
function checkAction(typed: string | undefined, title: string, { actions, min, isPrivate }: OperandSpec): void {
  if (actions === undefined || (typed !== undefined ? Object.hasOwn(actions, typed) : min === 0)) return;
  const all = Object.keys(actions);
  const otherwise = `write \`${title} ${all.join('|')}\``;
  if (typed === undefined) throw usageError('missing_operand', `${title} needs to know what to do`, otherwise);
  const what = isPrivate ? 'has no action of that name' : `does not know ${JSON.stringify(typed)}`;
  throw usageError('invalid_value', `${title} ${what}`, suggestion(typed, all, { otherwise }));
}

function checkOperandChoice(operand: string, spec: OperandSpec | undefined): void {
  if (spec?.choices === undefined || spec.choices.includes(operand)) return;
  if (spec.isPrivate === true) {
    const close = nearest(operand, spec.choices);
    throw usageError(
      'invalid_value',
      `the ${spec.name} is not among ${spec.choices.join(', ')}`,
      `write ${close ?? `one of ${spec.choices.join(', ')}`}`,
    );
  }
  const hint = suggestion(operand, spec.choices, { otherwise: `write one of ${spec.choices.join(', ')}` });
  throw usageError('invalid_value', `${JSON.stringify(operand)} is not among ${spec.choices.join(', ')}`, hint);
}
