/** What a command line asks for, before any verb is loaded. */
import { CATALOG, type CatalogEntry, findEntry, GROUPS, lastWord, wordsOf } from './catalog.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { parseOptions } from './parse-options.ts';
import { suggestion, usageError } from './usage-error.ts';

export type Request =
  | { readonly kind: 'version' }
  /** Of a verb, a group (`models`), or with no topic of everything. */
  | { readonly kind: 'help'; readonly entry?: CatalogEntry; readonly group?: string }
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  | { readonly kind: 'run'; readonly entry: CatalogEntry; readonly words: readonly string[] };

/** @throws ModelError INVALID_INPUT for a verb that does not exist, with the nearest one. */
export function readRequest(argv: readonly string[]): Request {
  if (argv[0] === '__complete') return { kind: 'complete', words: argv.slice(1) };
  const { words, places } = verbWords(argv);
  const [first, second] = words;
  if (first === undefined) return withoutVerb(argv);
  if (first === 'version') return { kind: 'version' };
  if (first === 'help')
    return helpOf(
      argv
        .slice(places[0])
        .filter((word) => !word.startsWith('-'))
        .slice(1),
    );
  const entry = findEntry(first, second);
  if (entry === undefined) {
    if (first in GROUPS && second === undefined) return ofGroup(first, argv);
    if (first in GROUPS && second === 'help')
      return helpOf([first, ...argv.slice((places[1] ?? 0) + 1).filter((word) => !word.startsWith('-'))]);
    return asksFor(argv, '--help', '-h') ? helpOf(words) : unknownVerb(words);
  }
  if (asksFor(argv, '--help', '-h')) return { kind: 'help', entry };
  const taken = new Set(places.slice(0, first in GROUPS ? 2 : 1));
  return { kind: 'run', entry, words: argv.filter((_, index) => !taken.has(index)) };
}

function withoutVerb(argv: readonly string[]): Request {
  if (asksFor(argv, '--version', '-V')) return { kind: 'version' };
  parseOptions(argv, { title: 'wan', options: COMMON_OPTIONS });
  return { kind: 'help' };
}

function ofGroup(group: string, argv: readonly string[]): Request {
  parseOptions(
    argv.filter((word) => word !== group),
    { title: `wan ${group}`, options: COMMON_OPTIONS },
  );
  return { kind: 'help', group };
}

/** Whether any of the words before `--` is the option. */
export function asksFor(argv: readonly string[], ...options: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => options.includes(word));
}

/** The first two words that are no options, whatever common options stand before and between them. */
export function verbWords(argv: readonly string[]): { words: readonly string[]; places: readonly number[] } {
  const places: number[] = [];
  for (let index = 0; index < argv.length && places.length < 2; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (!word.startsWith('-')) places.push(index);
    else if (takesNextWord(word)) index += 1;
  }
  return { words: places.map((place) => argv[place] ?? ''), places };
}

const takesNextWord = (word: string): boolean => COMMON_OPTIONS.some(({ name, value }) => value !== undefined && word === `--${name}`);

/** `wan help ensure` means `wan help models ensure`. */
function helpOf(topic: readonly string[]): Request {
  const words = topic[0] === 'wan' ? topic.slice(1) : topic;
  const [first, second] = words;
  if (first === undefined) return { kind: 'help' };
  if (first in GROUPS && second === undefined) return { kind: 'help', group: first };
  const entry = findEntry(first, second) ?? findEntry('models', first);
  return entry === undefined ? unknownVerb(words) : { kind: 'help', entry };
}

function unknownVerb(words: readonly string[]): never {
  const [first = '', second] = words;
  const inGroup = first in GROUPS && second !== undefined;
  const typed = inGroup ? second : first;
  const hint = inGroup
    ? suggestion(second, wordsOf(first), {
        otherwise: `see \`wan ${first} --help\``,
        show: (word) => `wan ${findEntry(first, word)?.name}`,
      })
    : suggestion(first, FIRST_WORDS.keys(), { otherwise: 'see `wan help`', show: (word) => `wan ${FIRST_WORDS.get(word)}` });
  // What stands there by mistake may be a secret.
  const named = inGroup && first === 'auth' ? 'of that name' : JSON.stringify(typed);
  throw usageError('unknown_command', `wan${inGroup ? ` ${first}` : ''} has no verb ${named}`, hint);
}

/** Also the verbs of a group that was left out, as in `wan ensure`; of two groups with the same verb, the first one's. */
const FIRST_WORDS: ReadonlyMap<string, string> = new Map([
  ...CATALOG.toReversed().flatMap(({ name, aliases }) => [lastWord(name), ...aliases].map((word) => [word, name] as const)),
  ...wordsOf(undefined).map((word) => [word, word] as const),
]);
