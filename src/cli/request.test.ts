import { describe, expect, it } from 'vitest';
import type { ModelError } from '../domain/errors.ts';
import { CATALOG } from './catalog.ts';
import { readRequest } from './request.ts';

const thrown = (argv: readonly string[]): ModelError => {
  try {
    readRequest(argv);
  } catch (error) {
    return error as ModelError;
  }
  throw new Error('nothing was thrown');
};

const verbOf = (...argv: string[]) => {
  const request = readRequest(argv);
  return request.kind === 'run' ? [request.entry.name, ...request.words] : [request.kind];
};

describe('readRequest', () => {
  it('finds the verb and leaves the other words in their order', () => {
    expect(verbOf('models', 'ensure', 'a@1.0.0', '--all')).toEqual(['models ensure', 'a@1.0.0', '--all']);
  });

  it('takes common options before and between the words of the verb', () => {
    expect(verbOf('--root', '/models', '--json', 'models', '-q', 'status')).toEqual(['models status', '--root', '/models', '--json', '-q']);
  });

  it.each(CATALOG.flatMap(({ name, aliases }) => aliases.map((alias) => [alias, name])))('knows %s as %s', (alias, name) => {
    expect(verbOf(...name.split(' ').slice(0, -1), alias)).toEqual([name]);
  });

  it('shows help for no verb, for a group, and wherever --help stands before --', () => {
    expect(readRequest([])).toEqual({ kind: 'help' });
    expect(readRequest(['models'])).toEqual({ kind: 'help', group: 'models' });
    expect(readRequest(['models', 'rm', '--help'])).toMatchObject({ kind: 'help', entry: { name: 'models rm' } });
    expect(readRequest(['models', 'rm', '--', '--help'])).toMatchObject({ kind: 'run' });
    expect(readRequest(['help', 'verify'])).toMatchObject({ kind: 'help', entry: { name: 'models verify' } });
    expect(readRequest(['models', 'help'])).toEqual({ kind: 'help', group: 'models' });
    expect(readRequest(['models', 'help', 'rm'])).toMatchObject({ kind: 'help', entry: { name: 'models rm' } });
    expect(readRequest(['ensure', '--help'])).toMatchObject({ kind: 'help', entry: { name: 'models ensure' } });
    expect(readRequest(['--help', 'ensure'])).toMatchObject({ kind: 'help', entry: { name: 'models ensure' } });
    expect(readRequest(['help', 'config', 'show'])).toMatchObject({ kind: 'help', entry: { name: 'config show' } });
  });

  it.each([
    [['models', 'ensre'], 'did you mean `wan models ensure`?'],
    [['ensure', 'x'], 'did you mean `wan models ensure`?'],
    [['pull'], 'did you mean `wan models ensure`?'],
    [['status'], 'did you mean `wan models status`?'],
    [['login'], 'did you mean `wan auth login`?'],
    [['docter'], 'did you mean `wan doctor`?'],
    [['model', 'ensure'], 'did you mean `wan models`?'],
    [['xyzzy'], 'see `wan help`'],
    [['models', 'xyzzy'], 'see `wan models --help`'],
    [['help', 'verfy'], 'did you mean `wan models verify`?'],
  ])('%j has no verb: %s', (argv, hint) => {
    expect(thrown(argv)).toMatchObject({ code: 'INVALID_INPUT', reason: 'unknown_command', exitCode: 2, hint });
  });

  it('does not repeat what may be a secret', () => {
    expect(thrown(['auth', 'hunter22'])).toMatchObject({ message: 'wan auth has no verb of that name', hint: 'see `wan auth --help`' });
  });

  it('refuses unknown options without a verb', () => {
    expect(thrown(['--jsn'])).toMatchObject({ reason: 'unknown_option', hint: 'did you mean `--json`?' });
    expect(thrown(['models', '--rot=x'])).toMatchObject({ reason: 'unknown_option', hint: 'did you mean `--root`?' });
  });

  it('asks for the version only without a verb', () => {
    expect(readRequest(['--version'])).toEqual({ kind: 'version' });
    expect(readRequest(['models', 'list', '--version'])).toMatchObject({ kind: 'run' });
  });
});
