/** Which models a verb is about. */
import { parseModelRef } from '../domain/model-ref.ts';
import type { ModelOrchestrator, TargetOptions } from '../orchestrator/api.ts';
import type { ParsedArgs } from './parsed-args.ts';
import type { Session } from './session.ts';
import { usageError } from './usage-error.ts';

export interface ChooseOptions {
  /** As typed: `wan models ensure`. */
  readonly title: string;
  /** Whether no ref at all means every model. */
  readonly noneMeansAll: boolean;
}

/**
 * The refs of the command line without repetitions, in manifest order.
 * @throws ModelError INVALID_INPUT where none is named, INVALID_MODEL_ID
 */
export async function chosenRefs(session: Session, args: ParsedArgs, options: ChooseOptions): Promise<readonly string[]> {
  const named = [...new Set([...args.operands, ...args.texts('only')])];
  if (args.has('all') && named.length > 0) {
    throw usageError(
      'conflicting_options',
      `--all and ${named[0]} exclude each other`,
      `write either \`${options.title} --all\` or the models`,
    );
  }
  if (named.length === 0 && !args.has('all') && !options.noneMeansAll) throw nothingNamed(options.title);
  for (const ref of named) parseModelRef(ref, args.text('variant'));
  if (named.length === 1) return named;
  const orchestrator = await session.orchestrator();
  return inManifestOrder(named, await idsOf(orchestrator));
}

/** Options of every call about one model. */
export function targetOptions(session: Session, args: ParsedArgs): TargetOptions {
  const variant = args.text('variant');
  const overlays = args.texts('overlay');
  const components = args.texts('components');
  const include = args.texts('include');
  const exclude = args.texts('exclude');
  return {
    signal: session.signal,
    ...(variant !== undefined && { variant }),
    ...(overlays.length > 0 && { overlays }),
    ...(components.length > 0 && { components }),
    ...(include.length > 0 && { include }),
    ...(exclude.length > 0 && { exclude }),
  };
}

const nothingNamed = (title: string) =>
  usageError(
    'missing_operand',
    `${title} needs to know which models`,
    `write \`${title} --all\`, or name some as in \`${title} t2v-A14B@2.2.0\` (\`wan models list\` shows them)`,
  );

const idsOf = async (orchestrator: ModelOrchestrator): Promise<readonly string[]> =>
  (await orchestrator.listModels()).map(({ modelId }) => modelId);

/** Refs that no model answers to come last: their turn is where MODEL_NOT_FOUND is said. No two models differ only by case. */
function inManifestOrder(named: readonly string[], ids: readonly string[]): readonly string[] {
  if (named.length === 0) return ids;
  const places = new Map<string, number>();
  for (const [place, id] of ids.entries()) {
    const { name } = parseModelRef(id.toLowerCase());
    places.set(id.toLowerCase(), place);
    if (!places.has(name)) places.set(name, place);
  }
  const placeOf = (ref: string): number => {
    const { name, version } = parseModelRef(ref.toLowerCase());
    return places.get(version === undefined ? name : `${name}@${version}`) ?? ids.length;
  };
  return [...named].sort((a, b) => placeOf(a) - placeOf(b));
}
