import { isAbsolute, relative, resolve } from 'node:path';
import { requireManifestPath } from '../../config/require-manifest-path.ts';
import type { validateData } from '../../documents/models.ts';
import { ModelError } from '../../domain/errors.ts';
import type { ManifestProblem } from '../../registry/manifest-problem.ts';
import { ModelRegistry } from '../../registry/model-registry.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { problemsText } from '../render/problems-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';

export const validate: Command = {
  summary: 'Name every problem of a manifest, with line and column',
  description: 'Without FILE the manifest that is configured. Needs no MODELS_ROOT and changes nothing.',
  schema: 'wan.models.validate/v1',
  operands: { name: 'FILE', min: 0, max: 1, completes: 'file' },
  options: [],
  examples: [
    { command: 'wan models validate', what: 'the manifest in force' },
    { command: 'wan models validate config/models.toml', what: 'before committing it' },
  ],
  exitStatuses: [9],
  run: async (session, args) => {
    const manifest = await manifestPath(session, args);
    const { validateManifest } = await import('../../registry/validate-manifest.ts');
    const problems = await validateManifest(manifest);
    return problems.length === 0 ? valid(manifest) : invalid(manifest, problems);
  },
};

async function manifestPath(session: Session, args: ParsedArgs): Promise<string> {
  const [operand] = args.operands;
  if (operand === undefined) return shorter(requireManifestPath(await session.config()), session.io.cwd);
  return operand;
}

/** Relative where the manifest lies below the working directory: problems are easier to read and to click. */
function shorter(path: string, cwd: string): string {
  const below = relative(cwd, resolve(cwd, path));
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}

async function valid(manifest: string): Promise<Report> {
  const count = (await ModelRegistry.load({ manifestPath: manifest })).listModels().length;
  const wire = (): Wire<typeof validateData> => ({ manifest, valid: true, model_count: count, problems: [] });
  return { wire, text: () => `${manifest} is valid: ${count} ${count === 1 ? 'model' : 'models'}` };
}

function invalid(manifest: string, problems: readonly ManifestProblem[]): Report {
  const wire = (): Wire<typeof validateData> => ({
    manifest,
    valid: false,
    problems: problems.map(({ file, line, column, code, message, hint }) => ({ file, line, column, code, message, ...(hint && { hint }) })),
  });
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const reason = problems[0]?.code;
  const error = new ModelError('MANIFEST_INVALID', `${manifest} has ${count}`, {
    ...(reason && { reason }),
    details: { problem_count: problems.length },
  });
  return { wire, text: (screen) => problemsText(screen, problems), error };
}
