/** The value of one key: the first that says something about it, and may. */
import type { HeldBack } from './config.ts';
import { type ConfigProperty, configKeyOf } from './config-keys.ts';
import type { ConfigProblem } from './config-problem.ts';
import {
  type Candidate,
  fromFile,
  fromFlags,
  fromVariables,
  type MachineDefaults,
  type ProjectFiles,
  type Sources,
} from './config-sources.ts';

export interface Found extends Candidate {
  readonly property: ConfigProperty;
  readonly problems: readonly ConfigProblem[];
  readonly heldBack?: HeldBack;
}

export interface Gathered {
  readonly sources: Sources;
  readonly projectFiles: ProjectFiles;
  readonly defaults: MachineDefaults;
}

/** Most keys are given nowhere, at every start of every command: those cost next to nothing. */
export function resolveKey(property: ConfigProperty, { sources, projectFiles, defaults }: Gathered): Found {
  if (!isGiven(property, sources)) return { property, problems: [], ...defaultOf(property, defaults) };
  const problems: ConfigProblem[] = [];
  const { fromProject: rule = 'in-force' } = configKeyOf(property);
  const said = [
    ...fromFlags(property, sources),
    ...fromVariables(property, 'env', sources, problems),
    ...fromVariables(property, '.env', sources, problems),
    ...fromFile(property, sources.file, sources, problems),
  ];
  const given = [
    ...(rule === 'in-force' ? said : said.map((candidate) => judged(candidate, projectFiles))),
    ...(rule === 'held-back' ? fromFile(property, sources.ownFile, sources, problems) : []),
  ];
  const inForce = rule === 'held-back' ? given.find(({ origin }) => origin.untrusted === undefined) : given[0];
  const heldBack = given[0] === inForce ? undefined : given[0];
  return { property, problems, ...(inForce ?? defaultOf(property, defaults)), ...(heldBack && { heldBack }) };
}

function isGiven(property: ConfigProperty, { flags, env, dotEnv, file, ownFile }: Sources): boolean {
  const { key, env: variables } = configKeyOf(property);
  if (flags[property] !== undefined || [file, ownFile].some((one) => one !== undefined && Object.hasOwn(one.values, key))) return true;
  return variables.some(({ name }) => env[name] !== undefined || dotEnv?.values[name] !== undefined);
}

const defaultOf = (property: ConfigProperty, defaults: MachineDefaults): Candidate => ({
  value: defaults[property]?.() ?? configKeyOf(property).default,
  origin: { from: 'default' },
});

/** With what the user thinks of the file that says it. */
function judged(candidate: Candidate, projectFiles: ProjectFiles): Candidate {
  const { origin } = candidate;
  const project = origin.from === '.env' || origin.from === 'file' ? projectFiles[origin.from] : undefined;
  return project === undefined || project.isTrusted ? candidate : { ...candidate, origin: { ...origin, untrusted: true } };
}
