/** bin/wan.js on a Node that is too old, and in a package that was not built. */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';
import { WAN } from '../support/wan-command.ts';

/** Runs the shim as if it were started by that version. */
async function onNode(version: string, args: readonly string[] = []) {
  const directory = await tempDir();
  const fake = join(directory, 'fake.cjs');
  await writeFile(fake, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`);
  return spawnSync(process.execPath, ['--require', fake, WAN, ...args], { encoding: 'utf8' });
}

describe('bin/wan.js', () => {
  it.each(['12.22.12', '18.20.8', '20.20.2', '22.22.1', '23.11.0', '24.14.1', '25.2.0'])(
    'on Node %s says in one line what is needed, and exits 2',
    async (version) => {
      const { status, stdout, stderr } = await onNode(version, ['models', 'list']);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^wan: this is Node [\d.]+, and wan-models needs \^22\.22\.2 \|\| \^24\.15 \|\| >=26 \(.*nvm.*npx wan.*\)\n$/);
      expect(stderr).toContain(version);
    },
  );

  it.each(['22.22.2', '22.23.0', '24.15.0', '24.21.0', '26.0.0', '27.1.0'])('runs on Node %s', async (version) => {
    expect((await onNode(version, ['--version'])).status).toBe(0);
  });

  it('prints the document of its refusal with --json', async () => {
    const { stdout } = await onNode('20.0.0', ['models', 'list', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'wan.error/v1',
      ok: false,
      error: { code: 'INVALID_CONFIG', reason: 'node_too_old' },
    });
  });

  it('says `npm run build` where it was not built', async () => {
    const directory = await tempDir();
    await mkdir(join(directory, 'bin'));
    await copyFile(WAN, join(directory, 'bin', 'wan.js'));
    await writeFile(join(directory, 'package.json'), '{"type":"module"}');
    const { status, stderr } = spawnSync(process.execPath, [join(directory, 'bin', 'wan.js')], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'wan: dist/cli.cjs is missing (run `npm run build`)\n' });
  });

  it('is written in what Node 12 can parse', async () => {
    const source = await readFile(WAN, 'utf8');
    const compiledFor = (target: ts.ScriptTarget): string =>
      ts.transpileModule(source, { compilerOptions: { target, module: ts.ModuleKind.ESNext, allowJs: true }, fileName: 'wan.js' })
        .outputText;
    expect(compiledFor(ts.ScriptTarget.ES2018)).toBe(compiledFor(ts.ScriptTarget.ESNext));
    expect(source).not.toMatch(/^import |\bawait\b|from 'node:/m);
  });
});
