/**
 * The pre-commit check: format and lint of the staged files, and the type errors that lie in them. Fast on purpose;
 * `npm run check` is the whole of it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Runs a command that prints its own complaints; whether it was content. */
function passes(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0;
}

/** Others' unfinished work in the same checkout is no reason to refuse this commit: only errors in staged files count. */
function typesPass(files: readonly string[]): boolean {
  const { stdout } = spawnSync(
    'tsc',
    ['--noEmit', '--pretty', 'false', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/tsc.json'],
    {
      encoding: 'utf8',
      shell: process.platform === 'win32',
    },
  );
  const complaints = lines(stdout).filter((line) => files.some((file) => line.startsWith(`${file}(`)));
  for (const complaint of complaints) console.error(complaint);
  return complaints.length === 0;
}

process.env.PATH = `${process.cwd()}/node_modules/.bin${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`;
const staged = lines(spawnSync('git', ['diff', '--cached', '--name-only', '--diff-filter=d'], { encoding: 'utf8' }).stdout).filter((file) =>
  existsSync(file),
);
const typescript = staged.filter((file) => /^(src|test|examples|scripts|bench)\/.*\.ts$/.test(file));
const checks = [
  () => staged.length === 0 || passes('biome', ['check', '--no-errors-on-unmatched', '--files-ignore-unknown=true', ...staged]),
  () => typescript.length === 0 || passes('eslint', ['--max-warnings', '0', '--no-warn-ignored', ...typescript]),
  () => typescript.length === 0 || typesPass(typescript),
];
process.exitCode = checks.every((check) => check()) ? 0 : 1;
