/** Every verb of the built command, as people see it and as programs read it. */
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf } from '../support/document.ts';
import { type Place, placeWith } from '../support/wan-command.ts';

const A = 'alpha@1.0.0';
const B = 'beta@2.1.0';
const FILES = { 'model_index.json': '{"_class_name":"WanPipeline"}', 'unet/w.safetensors': Buffer.alloc(300_000, 7) };

const family = (): Promise<Place> =>
  placeWith({
    [A]: { files: FILES, variants: ['fp16', 'bf16'] },
    [B]: { files: { 'config.json': '{}' } },
  });

interface Results {
  results: { ref: string; ok: boolean; [key: string]: unknown }[];
}

describe('wan models', () => {
  it('goes the whole way: list, status, plan, ensure, path, verify, check, rm', async () => {
    const { wan, root } = await family();

    const list = await wan(['models', 'list']);
    expect(list).toMatchObject({ status: 0, stderr: '' });
    expect(list.stdout).toMatch(
      /^MODEL +FAMILY +VARIANTS +FILES +SIZE +PROOF +DESCRIPTION\nalpha@1\.0\.0 +wan22 +fp16\* bf16 +2 +293 KiB +manifest-sha256 +alpha for tests\n/,
    );

    const before = documentOf<Results & { complete: boolean; bytes_needed: number }>((await wan(['models', 'status', '--json'])).stdout);
    expect(before).toMatchObject({ schema: 'wan.models.status/v1', ok: true, data: { complete: false, bytes_needed: 300_031 } });
    expect(before.data.results).toMatchObject([
      { ref: A, state: 'NOT_PRESENT', path: join(root, 'wan22', A), missing_files: Object.keys(FILES) },
      { ref: B, state: 'NOT_PRESENT' },
    ]);
    expect(existsSync(root)).toBe(false);

    const plan = await wan(['models', 'plan', A]);
    expect(plan.stdout).toMatch(/unet\/w\.safetensors +fetch +293 KiB +manifest-sha256/);
    expect(plan.stdout).toContain('from      local://source/alpha');
    expect(existsSync(root)).toBe(false);

    const ensured = await wan(['models', 'ensure', '--all']);
    expect(ensured.status).toBe(0);
    expect(ensured.stdout).toMatch(
      new RegExp(`✔ +alpha@1\\.0\\.0 +COMPLETE +293 KiB +293 KiB .* manifest-sha256 +${root}/wan22/alpha@1\\.0\\.0\n`),
    );
    expect(ensured.stderr).toContain(`${A}: 293 KiB, 0 B here, 293 KiB to fetch\n`);
    expect(ensured.stderr).toMatch(/alpha@1\.0\.0: complete in .*, 293 KiB fetched, manifest-sha256\n/);
    expect(await readFile(join(root, 'wan22', A, 'model_index.json'), 'utf8')).toBe(FILES['model_index.json']);

    expect(await wan(['models', 'path', A])).toEqual({ status: 0, stdout: `${join(root, 'wan22', A)}\n`, stderr: '' });
    expect((await wan(['models', 'verify', '--all'])).stdout).toMatch(/✔ +alpha@1\.0\.0 +VERIFIED +2\/2 +293 KiB/);
    expect((await wan(['models', 'check'])).status).toBe(0);

    const removed = await wan(['models', 'rm', 'alpha']);
    expect(removed).toMatchObject({ status: 0, stdout: '✔ removed alpha@1.0.0: 293 KiB freed\n' });
    expect((await wan(['models', 'check'])).status).toBe(10);
    expect((await wan(['models', 'check', B])).status).toBe(0);
    expect(await wan(['models', 'path', A, '--require-complete'])).toMatchObject({ status: 10, stdout: `${join(root, 'wan22', A)}\n` });
  });

  it('answers a second ensure at once, without progress', async () => {
    const { wan } = await family();
    await wan(['models', 'ensure', B]);
    const again = await wan(['models', 'ensure', B, '--json']);
    expect(again.stderr).toBe('');
    expect(documentOf<Results>(again.stdout).data.results).toMatchObject([
      { ref: B, ok: true, fetched_bytes: 0, proof: 'manifest-sha256' },
    ]);
  });

  it.each([
    ['ensure', ['models', 'ensure', '--all'], 'wan.models.ensure/v1'],
    ['its dry run', ['models', 'ensure', '--all', '--dry-run'], 'wan.models.plan/v1'],
    ['status', ['models', 'status'], 'wan.models.status/v1'],
    ['check', ['models', 'check'], 'wan.models.check/v1'],
    ['list', ['models', 'list'], 'wan.models.list/v1'],
    ['show', ['models', 'show', A], 'wan.models.show/v1'],
    ['path', ['models', 'path', A], 'wan.models.path/v1'],
    ['plan', ['models', 'plan', A], 'wan.models.plan/v1'],
    ['verify of nothing', ['models', 'verify', A], 'wan.models.verify/v1'],
    ['rm of nothing', ['models', 'rm', A], 'wan.models.rm/v1'],
    ['validate', ['models', 'validate'], 'wan.models.validate/v1'],
    ['locks', ['models', 'locks', '--all'], 'wan.models.locks/v1'],
    ['doctor', ['doctor'], 'wan.doctor/v1'],
    ['config show', ['config', 'show'], 'wan.config.show/v1'],
    ['completions', ['completions', 'zsh'], 'wan.completions/v1'],
    ['help', ['help', 'ensure'], 'wan.help/v1'],
    ['version', ['--version'], 'wan.version/v1'],
  ])('prints one document for %s', async (_, args, schema) => {
    const { wan } = await family();
    const { stdout } = await wan([...args, '--json']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(documentOf(stdout).schema).toBe(schema);
  });

  it('names what verify finds, shows it in status, and mends it with ensure', async () => {
    const { wan, root } = await family();
    await wan(['models', 'ensure', A]);
    const file = join(root, 'wan22', A, 'unet', 'w.safetensors');
    await chmod(file, 0o644);
    await writeFile(file, Buffer.alloc(300_000, 8));

    const verified = await wan(['models', 'verify', A, '--json']);
    expect(verified.status).toBe(5);
    expect(documentOf<Results>(verified.stdout)).toMatchObject({
      ok: false,
      error: { code: 'CHECKSUM_FAIL', hint: `mend with \`wan models repair ${A}\``, details: { files: ['unet/w.safetensors'] } },
      data: { results: [{ ref: A, ok: false }] },
    });
    const status = await wan(['models', 'status', A]);
    expect(status.stdout).toMatch(/✖ +alpha@1\.0\.0 +CORRUPT/);
    expect(status.stdout).toContain(`${A}\n  unet/w.safetensors `);

    expect((await wan(['models', 'ensure', A])).status).toBe(0);
    expect((await wan(['models', 'verify', A])).status).toBe(0);
  });

  it('tries all models, reports each, and ends with the first failure in manifest order', async () => {
    const { wan } = await placeWith({
      'broken@1.0.0': { files: { a: 'x' }, sources: ['local://nowhere'] },
      [B]: { files: { 'config.json': '{}' } },
    });
    const outcome = await wan(['models', 'ensure', B, 'nobody@1.0.0', 'broken@1.0.0', '--json']);
    const document = documentOf<Results>(outcome.stdout);
    expect(document.data.results.map(({ ref, ok }) => [ref, ok])).toEqual([
      ['broken@1.0.0', false],
      [B, true],
      ['nobody@1.0.0', false],
    ]);
    expect(document.error).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect((document.error.attempts as object[])[0]).toMatchObject({ source: 'local://nowhere', file: 'a' });
    expect(outcome.status).toBe(4);

    const human = await wan(['models', 'ensure', 'broken@1.0.0', 'nobody@1.0.0']);
    expect(human.stdout).toMatch(/✖ +broken@1\.0\.0 +SOURCE_UNAVAILABLE/);
    expect(human.stderr).toMatch(
      /^error: SOURCE_UNAVAILABLE .*\n(?: {2}.*\n)*hint: .*\nerror: MODEL_NOT_FOUND .*"nobody@1\.0\.0".*\nhint: /m,
    );
    expect(human.stderr).not.toMatch(/\n +at /);
    expect((await wan(['models', 'ensure', 'broken@1.0.0'])).stdout).toBe('');
  });

  it('says all problems of a manifest, with their places, and makes nothing', async () => {
    const { wan, directory, root } = await family();
    const bad = (await readFile(join(directory, 'models.toml'), 'utf8'))
      .replace('path = "model_index.json"', 'path = "../escape"')
      .replace('size = 2\n', 'size = -2\n');
    await writeFile(join(directory, 'models.toml'), bad);
    const outcome = await wan(['models', 'validate']);
    expect(outcome.status).toBe(2);
    expect(outcome.stdout).toMatch(/^models\.toml:\d+:\d+ path_traversal /m);
    expect(outcome.stdout).toMatch(/^models\.toml:\d+:\d+ size_negative /m);
    expect(documentOf((await wan(['models', 'validate', '--json'])).stdout)).toMatchObject({
      ok: false,
      error: { code: 'MANIFEST_INVALID' },
      data: { valid: false, problems: [{ code: 'path_traversal' }, { code: 'size_negative' }] },
    });
    expect((await wan(['models', 'ensure', '--all'])).status).toBe(2);
    expect(existsSync(root)).toBe(false);
  });
});

describe('wan doctor', () => {
  it('finds a machine that is ready', async () => {
    const { wan, root } = await family();
    await wan(['models', 'ensure', B]);
    const outcome = await wan(['doctor']);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(new RegExp(`MODELS_ROOT +ok +${root} \\(env MODELS_ROOT\\)`));
    expect(outcome.stdout).toMatch(/manifest +ok +.*models\.toml .*: 2 models/);
    expect(outcome.stdout).toMatch(/rename +ok/);
  });

  it('says what is missing, with the line to paste', async () => {
    const { wan } = await family();
    const outcome = await wan(['doctor'], { env: { MODELS_ROOT: undefined } });
    expect(outcome.status).toBe(2);
    expect(outcome.stdout).toContain('export MODELS_ROOT=');
    expect(outcome.stderr).toMatch(/^error: INVALID_CONFIG not ready: MODELS_ROOT\n/);
  });
});

describe('wan config show', () => {
  it('tells each value and where it came from, and no secret', async () => {
    const { wan, directory } = await family();
    await writeFile(join(directory, 'wan.toml'), 'retry_attempts = 7\n');
    const env = { HTTPS_PROXY: 'http://me:hunter2hunter2@proxy.example:3128', HF_TOKEN: 'hf_abcdefghijklmnopqrstuvwxyz' };
    const outcome = await wan(['config', 'show', '--log-level', 'debug'], { env });
    expect(outcome.stdout).toMatch(/^models_root +\S+ +env MODELS_ROOT$/m);
    expect(outcome.stdout).toMatch(/^retry_attempts +7 +\S*wan\.toml:1:1$/m);
    expect(outcome.stdout).toMatch(/^log_level +debug +flag$/m);
    expect(outcome.stdout + outcome.stderr).not.toMatch(/hunter2|hf_abc/);
  });

  it('names every problem of the configuration', async () => {
    const { wan, directory } = await family();
    await writeFile(join(directory, 'wan.toml'), 'retry_atempts = 7\nlog_level = "loud"\n');
    const outcome = await wan(['models', 'list', '--json'], { env: { WAN_CONNECTIONS: 'many' } });
    expect(outcome.status).toBe(2);
    const { error } = documentOf(outcome.stdout);
    expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
    for (const named of ['retry_attempts', 'log_level', 'WAN_CONNECTIONS']) expect(error.message).toContain(named);
  });
});
