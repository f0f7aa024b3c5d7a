import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { loadConfig } from './load-config.ts';
import { pythonInterpreter } from './python-interpreter.ts';

async function interpreterOf(setUp: { env?: Record<string, string>; toml?: string; flag?: string }) {
  const homeDir = await tempDir();
  const cwd = join(homeDir, 'clone');
  await mkdir(cwd);
  if (setUp.toml !== undefined) await writeFile(join(cwd, 'wan.toml'), setUp.toml);
  const flags = setUp.flag === undefined ? {} : { python: setUp.flag };
  const config = await loadConfig({ env: setUp.env ?? {}, cwd, homeDir, platform: 'linux', flags });
  return { cwd, ...pythonInterpreter(config) };
}

describe('the Python that loads models', () => {
  it('is named by the command line, then by the environment, else found in PATH', async () => {
    const env = { WAN_PYTHON: 'python3.12' };
    expect(await interpreterOf({ env, flag: '/a/python' })).toMatchObject({ command: '/a/python', origin: '--python' });
    expect(await interpreterOf({ env })).toMatchObject({ command: 'python3.12', origin: 'WAN_PYTHON' });
    expect(await interpreterOf({})).toMatchObject({ command: 'python3', origin: 'of PATH' });
  });

  it('by a path that is relative starts at the working directory', async () => {
    const { cwd, command } = await interpreterOf({ env: { WAN_PYTHON: 'venv/bin/python' } });
    expect(command).toBe(join(cwd, 'venv', 'bin', 'python'));
  });

  it('is never one that only a file of an untrusted project names, and that is said', async () => {
    expect(await interpreterOf({ toml: 'python = "./evil"\n' })).toMatchObject({
      command: 'python3',
      origin: expect.stringMatching(/^of PATH, since \S*wan\.toml:1:1 is not trusted: `wan config trust`$/),
    });
  });
});
