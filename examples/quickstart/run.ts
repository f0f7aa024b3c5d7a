/**
 * `npm run quickstart`: what a new user does first, done for real with the built command. Makes the miniature WAN2.2 family where it
 * is not made yet, ensures all of it, and shows where it is. `node examples/quickstart/run.ts DIR` keeps the models in DIR instead.
 */
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { makeModels } from './make-models.ts';
import { nextSteps } from './next-steps.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const MEBIBYTE = 2 ** 20;

const root = join(process.argv[2] ?? join(PROJECT, '.wan-quickstart'), 'models');
const made = await makeModels(join(import.meta.dirname, 'data'));
const environment = { MODELS_ROOT: root, WAN_MODELS_MANIFEST: made.manifest };

say(
  made.madeNow
    ? `Made a miniature WAN2.2 family in examples/quickstart/data: ${made.fileCount} files, ${Math.round(made.totalBytes / MEBIBYTE)} MiB.`
    : 'The miniature WAN2.2 family is in examples/quickstart/data already.',
);
say('Two mirrors hold it; the first one lacks files on purpose.');

const completeBefore = wan(['models', 'check', '--all', '--quiet'], { silent: true }) === 0;
const started = performance.now();
show(['models', 'ensure', '--all']);
const seconds = ((performance.now() - started) / 1000).toFixed(2);
if (completeBefore) say(`Everything was here and proven already: found out in ${seconds} s, without a lock, without reading a source.`);
show(['models', 'status']);
say(
  '\nIn the environment "development" a model means its bf16 variant: made here from the F32 weights, half their size, without fetching them again.',
);
show(['models', 'ensure', 'ti2v-5B-mini@2.2.0@bf16']);

say(`\nThe models are in ${shown(root)}, real files in real folders. Try next:\n`);
for (const { command, what } of nextSteps({ root: shown(root), manifest: shown(made.manifest) })) say(`  # ${what}\n  ${command}`);

/** Runs the built command as a user would; ends this run where it fails. */
function show(args: readonly string[]): void {
  say(`\n$ wan ${args.join(' ')}`);
  const status = wan(args, { silent: false });
  if (status !== 0) process.exit(status);
}

function wan(args: readonly string[], { silent }: { silent: boolean }): number {
  const { status } = spawnSync(process.execPath, [join(PROJECT, 'bin', 'wan.js'), ...args], {
    stdio: silent ? 'ignore' : 'inherit',
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}

/** Relative to where the user is, where that is shorter. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
