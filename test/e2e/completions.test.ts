/** The completion scripts, loaded into the shells that they are for. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInstalled } from '../support/real-server.ts';
import { cleanEnvironment, type Place, placeWith, WAN } from '../support/wan-command.ts';

const family = (): Promise<Place> =>
  placeWith({
    'alpha@1.0.0': { files: { a: 'x' }, variants: ['fp16', 'bf16'] },
    'beta@2.0.0': { files: { b: 'y' } },
  });

const candidates = async (place: Place, ...words: string[]): Promise<readonly string[]> => {
  const { stdout, stderr, status } = await place.wan(['__complete', ...words]);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
};

describe('wan __complete', () => {
  it('completes verbs, options, choices, ids and variants', async () => {
    const place = await family();
    expect(await candidates(place, '')).toEqual([
      'models',
      'embeddings',
      'registry',
      'audit',
      'auth',
      'config',
      'metrics',
      'webhooks',
      'serve',
      'doctor',
      'completions',
      'help',
    ]);
    expect(await candidates(place, 'models', 'e')).toEqual(['ensure', 'exec', 'export', 'explain']);
    expect(await candidates(place, '--json', 'models', 've')).toEqual(['verify']);
    expect(await candidates(place, 'help', 'models', 'che')).toEqual(['check']);
    expect(await candidates(place, 'models', 'ensure', '--co')).toEqual(['--components', '--connections', '--config', '--correlation-id']);
    expect(await candidates(place, 'models', 'ensure', '--progress', 'p')).toEqual(['plain']);
    expect(await candidates(place, 'models', 'ensure', '--progress=p')).toEqual(['--progress=plain']);
    expect(await candidates(place, 'models', 'pull', '')).toEqual(['alpha@1.0.0', 'beta@2.0.0']);
    expect(await candidates(place, 'models', 'ensure', 'alpha@1.0.0@b')).toEqual(['alpha@1.0.0@bf16']);
    expect(await candidates(place, 'models', 'status', 'alpha@1.0.0', '--variant', '')).toEqual(['fp16', 'bf16']);
    expect(await candidates(place, 'auth', 'login', '')).toEqual(['hf', 's3', 'github']);
    expect(await candidates(place, 'completions', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await candidates(place, 'models', 'validate', '')).toEqual([':file']);
    expect(await candidates(place, 'models', 'list', '--root', '')).toEqual([':directory']);
    expect(await candidates(place, 'models', 'tier', 'm')).toEqual(['move']);
    expect(await candidates(place, 'models', 'tier', 'move', 'al')).toEqual(['alpha@1.0.0']);
    const { stdout: tiers } = await place.wan(['__complete', 'models', 'tier', 'move', '--to', ''], {
      env: { WAN_TIERS: 'cold=/mnt/hdd' },
    });
    expect(tiers).toBe('fast\tMODELS_ROOT\ncold\t/mnt/hdd\n');
    expect(await candidates(place, 'models', 'bundle', '')).toEqual(['create', 'inspect', 'apply']);
    expect(await candidates(place, 'models', 'bundle', 'inspect', '')).toEqual([':file']);
    expect(await candidates(place, 'models', 'export', 'al')).toEqual(['alpha@1.0.0']);
    expect(await candidates(place, 'models', 'export', '--variant', 'fp16', 'alpha@1.0.0', '')).toEqual([':directory']);
    expect(await candidates(place, '--root', '/x', 'models', 'import', '--from', 'folder', '')).toEqual([':directory']);
    expect(await candidates(place, 'models', 'import', '--from', 'folder', '/mnt', 'be')).toEqual(['beta@2.0.0']);
  });

  it('needs no MODELS_ROOT, and says nothing where there is no manifest or a wrong one', async () => {
    const place = await family();
    const { stdout } = await place.wan(['__complete', 'models', 'show', 'be'], { env: { MODELS_ROOT: undefined } });
    expect(stdout).toBe('beta@2.0.0\tbeta for tests\n');
    expect(await candidates(place, 'models', 'show', '--manifest', 'nowhere.toml', '')).toEqual([]);
    await writeFile(join(place.directory, 'models.toml'), 'nonsense [');
    expect(await candidates(place, 'models', 'show', '')).toEqual([]);
    expect(await candidates(place, 'nonsense', 'more', '')).toEqual([]);
  });
});

/** A folder for PATH with `wan` in it. */
async function withCommand(place: Place): Promise<NodeJS.ProcessEnv> {
  const bin = join(place.directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'wan'), `#!/bin/sh\nexec "${process.execPath}" "${WAN}" "$@"\n`);
  await chmod(join(bin, 'wan'), 0o755);
  return { ...cleanEnvironment(place), PATH: `${bin}:${process.env.PATH}` };
}

describe.skipIf(process.platform === 'win32' || !isInstalled('bash'))('in bash', () => {
  const complete = (place: Place, env: NodeJS.ProcessEnv, line: string): string =>
    spawnSync(
      'bash',
      [
        '-c',
        `source <(wan completions bash)
         compopt() { echo "compopt $*"; }
         COMP_LINE=$1 COMP_POINT=\${#1}
         _wan_complete
         printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        line,
      ],
      { cwd: place.directory, env, encoding: 'utf8' },
    ).stdout;

  it('replies with what stands after the last character that breaks words there', async () => {
    const place = await family();
    const env = await withCommand(place);
    expect(complete(place, env, 'wan models ens')).toBe('ensure\n');
    expect(complete(place, env, 'wan models ensure al')).toBe('alpha@1.0.0\n');
    expect(complete(place, env, 'wan models ensure alpha@1')).toBe('1.0.0\n');
    expect(complete(place, env, 'wan models ensure alpha@1.0.0@b')).toBe('bf16\n');
    expect(complete(place, env, 'wan models ensure --progress=pl')).toBe('plain\n');
    expect(complete(place, env, 'wan models validate ')).toBe('compopt -o default\n\n');
  });

  it.skipIf(!isInstalled('script'))('completes a line that is typed', async () => {
    const place = await family();
    const env = await withCommand(place);
    const typed = `set enable-bracketed-paste off\nsource <(wan completions bash)\nwan models pa\tbeta\t\nexit\n`;
    await writeFile(join(place.directory, '.inputrc'), 'set enable-bracketed-paste off\n');
    const { stdout } = spawnSync('bash', ['-c', `script -qec 'bash --norc -i' /dev/null`], {
      cwd: place.directory,
      env: { ...env, TERM: 'dumb', INPUTRC: join(place.directory, '.inputrc') },
      encoding: 'utf8',
      input: typed,
    });
    expect(stdout).toContain(join(place.root, 'wan22', 'beta@2.0.0'));
  });
});

describe.each(['zsh', 'fish'] as const)('in %s', (shell) => {
  it('loads without a complaint', async (test) => {
    if (!isInstalled(shell)) test.skip(`${shell} is not installed on this machine`);
    const place = await family();
    const { stdout } = await place.wan(['completions', shell]);
    const script = join(place.directory, 'script');
    await writeFile(script, stdout);
    const outcome = spawnSync(shell, ['-n', script], { encoding: 'utf8' });
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
  });
});
