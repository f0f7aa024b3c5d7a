/** Candidates for the last word of an unfinished command line: fast, and silent whatever goes wrong. */
import type { Config } from '../config/config.ts';
import { requireManifestPath } from '../config/require-manifest-path.ts';
import type { ModelSummary } from '../domain/spec.ts';
import { FAST_TIER } from '../domain/tiers.ts';
import { ModelRegistry } from '../registry/model-registry.ts';
import { ModelResolver } from '../resolver/model-resolver.ts';
import { CATALOG, type CatalogEntry, entriesOf, findEntry, GROUPS, lastWord } from './catalog.ts';
import type { Command, Completion, OptionSpec } from './command.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import type { Io } from './io.ts';
import { ParsedArgs } from './parsed-args.ts';
import { readWords } from './read-words.ts';
import { verbWords } from './request.ts';
import { Session } from './session.ts';

export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** Prints what `words` (after `wan`, the last one unfinished, perhaps '') can be completed to. Always status 0. */
export async function complete(words: readonly string[], io: Io): Promise<number> {
  try {
    const found = await candidates(words, io);
    const current = words.at(-1) ?? '';
    const fitting = found.filter(({ word }) => word.startsWith(current) || word.startsWith(':'));
    io.stdout.write(fitting.map(({ word, about }) => (about === undefined ? `${word}\n` : `${word}\t${about}\n`)).join(''));
  } catch {
    // A shell that waits for candidates has no use for an error: whatever it is, the command itself will say it.
  }
  return 0;
}

async function candidates(words: readonly string[], io: Io): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const [first, second] = verbWords(before).words;
  if (first === undefined) return current.startsWith('-') ? [...optionsOf([]), { word: '--version' }] : firstWords();
  if (first === 'help') return second === undefined ? firstWords() : groupWords(second);
  const entry = findEntry(first, second);
  if (entry === undefined) return second === undefined && !current.startsWith('-') ? groupWords(first) : [];
  return ofVerb(entry, { before, current, io });
}

interface Place {
  readonly before: readonly string[];
  readonly current: string;
  readonly io: Io;
}

async function ofVerb(entry: CatalogEntry, { before, current, io }: Place): Promise<readonly Candidate[]> {
  const command = await entry.load();
  const options = [...command.options, ...COMMON_OPTIONS];
  const [inline] = /^--[\w-]+(?==)/.exec(current) ?? [];
  const asked = options.find(({ name, value }) => value !== undefined && [inline, before.at(-1)].includes(`--${name}`));
  if (asked !== undefined) {
    const values = await valuesOf(asked, { before, current, io });
    return inline === undefined ? values : values.map((value) => ({ ...value, word: `${inline}=${value.word}` }));
  }
  if (current.startsWith('-')) return optionsOf(command.options);
  return operandsOf(command, { before, current, io }, operandCount(before, { entry, options }));
}

async function valuesOf(option: OptionSpec, place: Place): Promise<readonly Candidate[]> {
  if (option.choices !== undefined) return option.choices.map((word) => ({ word }));
  if (option.name === 'variant') return namesOf(place, (model) => model.variants);
  if (option.name === 'overlay') return namesOf(place, (model) => model.overlays ?? []);
  return option.completes === undefined ? [] : completed(option.completes, place);
}

/** How many operands stand there already. */
function operandCount(before: readonly string[], { entry, options }: { entry: CatalogEntry; options: readonly OptionSpec[] }): number {
  const words = readWords(before, options).filter(({ kind }) => kind === 'operand');
  return words.length - entry.name.split(' ').length;
}

async function operandsOf({ operands }: Command, place: Place, stands: number): Promise<readonly Candidate[]> {
  if (operands?.choices !== undefined) return operands.choices.map((word) => ({ word }));
  if (operands?.actions !== undefined) return afterAction(operands.actions, place);
  const kind = stands > 0 ? (operands?.thenCompletes ?? operands?.completes) : operands?.completes;
  return kind === undefined ? [] : completed(kind, place);
}

async function afterAction(actions: Readonly<Record<string, Completion>>, place: Place): Promise<readonly Candidate[]> {
  const action = place.before.find((word) => Object.hasOwn(actions, word));
  const kind = action === undefined ? undefined : actions[action];
  return kind === undefined ? Object.keys(actions).map((word) => ({ word })) : completed(kind, place);
}

async function completed(kind: Completion, place: Place): Promise<readonly Candidate[]> {
  if (kind === 'nothing') return [];
  if (kind === 'job') return jobsOf(place);
  if (kind === 'tier') return tiersOf(place);
  return kind === 'ref' ? refs(place) : [{ word: `:${kind}` }];
}

async function jobsOf(place: Place): Promise<readonly Candidate[]> {
  const { openJobQueue } = await import('../compose/jobs.ts');
  const { jobs } = openJobQueue(await configOf(place)).list();
  return jobs.toReversed().map(({ id, label, state }) => ({ word: id, about: `${label} (${state})` }));
}

async function tiersOf(place: Place): Promise<readonly Candidate[]> {
  const { tiers } = await configOf(place);
  return [
    { word: FAST_TIER, about: 'MODELS_ROOT' },
    ...tiers.map(({ name, place: at }) => ({ word: name, about: at.kind === 's3' ? at.url : at.path })),
  ];
}

/** Ids first; once one of them stands there, with an `@` behind it, its variants and overlays. */
async function refs(place: Place): Promise<readonly Candidate[]> {
  const models = await modelsOf(place);
  const ids = models.map(({ modelId, description }) => ({ word: modelId, about: description }));
  const withVariants = models
    .filter(({ modelId }) => place.current.startsWith(`${modelId}@`))
    .flatMap(({ modelId, variants, overlays = [] }) =>
      [...variants, ...overlays.map((name) => `+${name}`)].map((name) => ({ word: `${modelId}@${name}` })),
    );
  return [...ids, ...withVariants];
}

/** Of the models that the line names, else of all. */
async function namesOf(place: Place, of: (model: ModelSummary) => readonly string[]): Promise<readonly Candidate[]> {
  const models = await modelsOf(place);
  const named = models.filter(({ modelId }) => place.before.some((word) => word.split('@', 2).join('@') === modelId));
  const names = new Set((named.length > 0 ? named : models).flatMap(of));
  return [...names].map((word) => ({ word }));
}

async function modelsOf(place: Place): Promise<readonly ModelSummary[]> {
  const config = await configOf(place);
  const registry = await ModelRegistry.load({ manifestPath: requireManifestPath(config), cacheDir: await cacheDirOf(config) });
  return registry.listModels();
}

function configOf({ before, io }: Place): Promise<Config> {
  const values = ['root', 'manifest', 'config'].flatMap((name) => {
    const at = before.lastIndexOf(`--${name}`);
    const value = before[at + 1];
    return at < 0 || value === undefined ? [] : [[name, [value]] as const];
  });
  return new Session({
    io,
    args: new ParsedArgs([], new Map(values)),
    signal: new AbortController().signal,
    argv: [],
    title: 'wan',
  }).config();
}

/** Where other verbs have kept the parsed manifest; completing itself writes nothing. */
async function cacheDirOf({ modelsRoot }: Config): Promise<string | undefined> {
  if (modelsRoot === undefined) return undefined;
  return new ModelResolver({ modelsRoot }).stateDir('manifests');
}

const optionsOf = (own: readonly OptionSpec[]): readonly Candidate[] =>
  [...own, ...COMMON_OPTIONS].map(({ name, summary }) => ({ word: `--${name}`, about: summary }));

async function firstWords(): Promise<readonly Candidate[]> {
  const groups = Object.entries(GROUPS).map(([word, about]) => ({ word, about }));
  const verbs = CATALOG.filter(({ name }) => !name.includes(' '));
  return [...groups, ...(await described(verbs)), { word: 'help', about: 'Show what a verb does and takes' }];
}

const groupWords = (group: string): Promise<readonly Candidate[]> => described(entriesOf(group));

const described = (entries: readonly CatalogEntry[]): Promise<readonly Candidate[]> =>
  Promise.all(entries.map(async ({ name, load }) => ({ word: lastWord(name), about: (await load()).summary })));
