/** Wrong command lines, missing configuration, closed pipes and odd terminals. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { documentOf, eventsOf } from '../support/document.ts';
import { isInstalled } from '../support/real-server.ts';
import { cleanEnvironment, type Outcome, type Place, placeWith, WAN } from '../support/wan-command.ts';

const A = 'alpha@1.0.0';
const family = (): Promise<Place> => placeWith({ [A]: { files: { 'a.json': '{}', 'b.bin': Buffer.alloc(2_000_000, 1) } } });

describe('a wrong command line', () => {
  it.each([
    [['models', 'ensre'], 'unknown_command', 'did you mean `wan models ensure`?', 'wan.error/v1'],
    [['ensure'], 'unknown_command', 'did you mean `wan models ensure`?', 'wan.error/v1'],
    [['models', 'ensure', '--jobz=3', A], 'unknown_option', 'did you mean `--jobs`?', 'wan.models.ensure/v1'],
    [['models', 'ensure'], 'missing_operand', 'write `wan models ensure --all`', 'wan.models.ensure/v1'],
    [['models', 'ensure', '--all', A], 'conflicting_options', 'write either', 'wan.models.ensure/v1'],
    [['models', 'ensure', A, '--limit-rate', 'fast'], 'invalid_value', 'write a size', 'wan.models.ensure/v1'],
    [['models', 'ensure', A, '--progress=bra'], 'invalid_value', 'did you mean `bar`?', 'wan.models.ensure/v1'],
    [['models', 'path'], 'missing_operand', 'write `wan models path REF`', 'wan.models.path/v1'],
    [['completions', 'bsh'], 'invalid_value', 'did you mean `bash`?', 'wan.completions/v1'],
  ])('%j ends with 2 and says what to write', async (args, reason, hint, schema) => {
    const { wan } = await family();
    const human = await wan(args);
    expect(human).toMatchObject({ status: 2, stdout: '' });
    expect(human.stderr).toMatch(/^error: INVALID_INPUT .+\nhint: /);
    const json = await wan([...args, '--json']);
    const document = documentOf(json.stdout);
    expect(document).toMatchObject({ schema, ok: false, error: { code: 'INVALID_INPUT', reason } });
    expect(document.error.hint).toContain(hint);
    expect(json.status).toBe(2);
  });

  it('a model that does not exist is 3, with the nearest one', async () => {
    const { wan } = await family();
    const outcome = await wan(['models', 'status', 'alpa@1.0.0', '--json']);
    expect(outcome.status).toBe(3);
    const { error } = documentOf(outcome.stdout);
    expect(error.code).toBe('MODEL_NOT_FOUND');
    expect(error.hint).toContain(A);
  });

  it('an id that is none is 2', async () => {
    const { wan } = await family();
    expect(documentOf((await wan(['models', 'ensure', 'a@b@c@d', '--json'])).stdout).error).toMatchObject({ code: 'INVALID_MODEL_ID' });
  });

  it('without MODELS_ROOT it is 2, with the line to paste', async () => {
    const { wan } = await family();
    const outcome = await wan(['models', 'ensure', A], { env: { MODELS_ROOT: undefined } });
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toMatch(/^error: INVALID_CONFIG MODELS_ROOT is not set.*\nhint: export MODELS_ROOT=/);
  });

  it('without a manifest it is 2, and says where was looked', async () => {
    const { wan } = await family();
    const outcome = await wan(['models', 'list', '--manifest', 'nowhere.toml', '--json']);
    expect(outcome.status).toBe(2);
    expect(documentOf(outcome.stdout).error).toMatchObject({ code: 'MISSING_MANIFEST' });
  });

  it('shows no stack but with --log-level debug', async () => {
    const { wan } = await family();
    expect((await wan(['models', 'show', 'nobody'])).stderr).not.toMatch(/\n +at /);
    expect((await wan(['models', 'show', 'nobody', '--log-level', 'debug'])).stderr).toMatch(/\n +at /);
  });
});

describe('a crash', () => {
  it('is one document with code INTERNAL and exit status 1', async () => {
    const { wan, directory } = await family();
    const crash = join(directory, 'crash.cjs');
    await writeFile(crash, "setImmediate(() => { throw new TypeError('boom'); });");
    const outcome = await wan(['models', 'ensure', A, '--json'], { env: { NODE_OPTIONS: `--require ${crash}` } });
    expect(outcome.status).toBe(1);
    expect(documentOf(outcome.stdout)).toMatchObject({ schema: 'wan.error/v1', ok: false, error: { code: 'INTERNAL', message: 'boom' } });
    expect(outcome.stderr).toMatch(/^error: INTERNAL boom\nhint: this is a bug in wan-models/);
  });
});

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['models']], [['models', '--help']], [['models', 'ensure', '-h']], [['help', 'doctor']]])(
    '%j is on stdout, with status 0',
    async (args) => {
      const { wan } = await family();
      const outcome = await wan(args);
      expect(outcome).toMatchObject({ status: 0, stderr: '' });
      expect(outcome.stdout).toContain('Usage: wan ');
    },
  );
});

describe('streams', () => {
  it('a reader that leaves early is no error', async () => {
    const place = await family();
    const outcome = await shell(place, `"$NODE" "$WAN" models ensure ${A} --progress json 2>&1 | head -1; echo "\${PIPESTATUS[0]}"`);
    expect(outcome.stdout).toMatch(/"type":"ensure\.started".*\n0\n$/s);
    expect(outcome.stderr).toBe('');
    const listed = await shell(place, `"$NODE" "$WAN" models show ${A} | true; echo "\${PIPESTATUS[0]}"`);
    expect(listed).toMatchObject({ stdout: '0\n', stderr: '' });
  });

  it('writes events as one JSON object a line with --progress json', async () => {
    const { wan } = await family();
    const { stderr } = await wan(['models', 'ensure', A, '--progress', 'json']);
    const events = eventsOf(stderr);
    expect(events).toHaveLength(stderr.trimEnd().split('\n').length);
    expect(events[0]).toMatchObject({ schema: 'wan.event/v1', type: 'ensure.started', file_count: 2, total_bytes: 2_000_002 });
    expect(events.at(-1)).toMatchObject({ type: 'ensure.finished', fetched_bytes: 2_000_002 });
    expect(new Set(events.map((event) => event.correlation_id)).size).toBe(1);
  });

  it('says nothing on stderr with --quiet or --progress none', async () => {
    const { wan } = await family();
    expect((await wan(['models', 'ensure', A, '--quiet'])).stderr).toBe('');
    await wan(['models', 'rm', A]);
    expect((await wan(['models', 'ensure', A, '--progress=none'])).stderr).toBe('');
  });
});

describe.skipIf(process.platform === 'win32' || !isInstalled('script'))('on a terminal', () => {
  it('has colours, and none with NO_COLOR or --no-color', async () => {
    const place = await family();
    const coloured = await terminal(place, `models status`);
    expect(coloured.stdout).toContain('\x1b[2m○\x1b[22m');
    for (const plain of [await terminal(place, 'models status', { NO_COLOR: '1' }), await terminal(place, 'models status --no-color')]) {
      expect(plain.stdout).toContain('○');
      expect(plain.stdout).not.toContain('\x1b[2m');
    }
  });

  it('draws bars, gives the cursor back, and leaves the result', async () => {
    const place = await family();
    const { stdout } = await terminal(place, `models ensure ${A} --force --limit-rate 4M`);
    expect(stdout).toContain('\x1b[?25l');
    expect(stdout).toMatch(/alpha@1\.0\.0 .*░.* %/);
    expect(stdout.lastIndexOf('\x1b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\x1b[?25l'));
    expect(stdout.slice(stdout.lastIndexOf('\x1b[?25h'))).toContain('COMPLETE');
  });

  it('works on 20 columns: nothing is cut from results, no bar line wraps', async () => {
    const place = await family();
    const { stdout } = await terminal(place, `models ensure ${A} --force --limit-rate 4M`, { COLUMNS: '20' });
    const drawn = stdout.slice(0, stdout.lastIndexOf('\x1b[?25h'));
    const lines = stripVTControlCharacters(drawn).split(/[\r\n]+/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(20);
    expect(lines.some((line) => line.includes('%'))).toBe(true);
    expect(stdout).toMatch(/✔.* alpha@1\.0\.0/);
    expect(stdout).toMatch(/proof.* manifest-sha256/);
  });
});

const shell = (place: Place, script: string, env: Record<string, string> = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], {
      cwd: place.directory,
      env: { ...cleanEnvironment(place), NODE: process.execPath, WAN, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });

/** Under `script`, whose terminal has the size that stty gives it. */
const terminal = (place: Place, command: string, { COLUMNS = '100', ...env }: Record<string, string> = {}): Promise<Outcome> =>
  shell(place, `script -qec 'stty cols ${COLUMNS} rows 24; "$NODE" "$WAN" ${command}' /dev/null`, { TERM: 'xterm-256color', ...env });
