/** A program that holds a model, or stops what it started, through a pipe. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const files = { 'model_index.json': '{"here":true}', 'vae/model.safetensors': seeded(3_000_000, 1) };
const leases = (world: ModelWorld): string[] => readdirSync(join(world.modelsRoot, '.state', 'leases'));

/** `lease`, and its first line: from then on the model is held. */
async function hold(world: ModelWorld, ...flags: string[]) {
  const run = world.start(['models', 'lease', MODEL, '--progress', 'none', ...flags], {}, { stdin: 'pipe' });
  const [line] = await once(run.child.stdout ?? process.stdin, 'data');
  return { ...run, line: String(line) };
}

describe('wan models lease', () => {
  it('makes the model real, prints its directory, and keeps it until its input ends', async () => {
    const world = await modelFixture({ files });
    const { child, ended, line } = await hold(world, '--for', 'a rehearsal');
    expect(line).toBe(`${world.modelDir()}\n`);
    const refused = await world.cli(['models', 'rm', MODEL, '--json']);
    expect(refused.code).toBe(7);
    expect(refused.stdout).toContain(`is in use by pid ${child.pid} on`);
    expect(refused.stdout).toContain('(a rehearsal)');
    const collected = await world.cli(['models', 'gc', '--max-size', '1', '--dry-run', '--json']);
    expect(documentOf<{ items: object[] }>(collected.stdout).data.items).toContainEqual(
      expect.objectContaining({ what: MODEL, action: 'keep', reason: 'leased' }),
    );
    child.stdin?.end();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(leases(world)).toEqual([]);
    expect((await world.cli(['models', 'rm', MODEL])).code).toBe(0);
  });

  it('prints its one document with --json while it holds', async () => {
    const world = await modelFixture({ files });
    const { child, ended, line } = await hold(world, '--json');
    expect(documentOf(line)).toMatchObject({ schema: 'wan.models.lease/v1', ok: true, data: { ref: MODEL, path: world.modelDir() } });
    child.stdin?.end();
    expect((await ended).stdout).toBe(line);
  });

  it.skipIf(process.platform === 'win32').each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with %s as with its input, and its status says so', async (signal, status) => {
    const world = await modelFixture({ files });
    const { child, ended } = await hold(world);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: status, stderr: '' });
    expect(leases(world)).toEqual([]);
  });

  it('holds nothing where the model cannot be had', async () => {
    const world = await modelFixture({ files });
    const ran = await world.cli(['models', 'lease', 'no-such@1.0.0', '--json']);
    expect(ran.code).toBe(3);
    expect(ran.json()).toMatchObject({ ok: false, error: { code: 'MODEL_NOT_FOUND' } });
  });
});

describe('an input that ends', () => {
  it.each([
    ['lease', []],
    ['ensure', ['--stop-with-stdin']],
    ['load-plan', ['--ensure', '--stop-with-stdin']],
  ])('stops %s on its way, and what is held is kept', async (verb, flags) => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().bytesPerSecond = 400_000;
    const { child, ended } = world.start(['models', verb, MODEL, '--json', '--progress', 'json', ...flags], {}, { stdin: 'pipe' });
    let said = '';
    child.stderr?.on('data', (part) => {
      said += String(part);
      if (/"type":"ensure\.progress","done_bytes":\d{6,}/.test(said)) child.stdin?.end();
    });
    const ran = await ended;
    expect(ran.code).toBe(130);
    expect(ran.json()).toMatchObject({ ok: false, error: { code: 'CANCELLED', message: expect.stringContaining('standard input ended') } });
    const status = documentOf<{ results: { bytes_held: number }[] }>((await world.cli(['models', 'status', MODEL, '--json'])).stdout);
    expect(status.data.results[0]?.bytes_held).toBeGreaterThan(0);
    expect(leases(world)).toEqual([]);
  });

  it('keeps nobody who is done before it ends', async () => {
    const world = await modelFixture({ files });
    const { ended } = world.start(['models', 'ensure', MODEL, '--stop-with-stdin'], {}, { stdin: 'pipe' });
    expect(await ended).toMatchObject({ code: 0 });
    const verify = world.start(['models', 'verify', MODEL, '--stop-with-stdin'], {}, { stdin: 'pipe' });
    expect(await verify.ended).toMatchObject({ code: 0 });
  });
});
