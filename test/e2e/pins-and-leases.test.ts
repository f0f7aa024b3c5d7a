/** pin, unpin, pins and exec of the built command. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf } from '../support/document.ts';
import { MODEL, type ModelWorld, modelFixture, type Ran } from '../support/model-fixture.ts';

const oneModel = (): Promise<ModelWorld> => modelFixture({ files: { 'model_index.json': '{"here":true}' } });
const leases = (world: ModelWorld): string => join(world.modelsRoot, '.state', 'leases');

/** `exec` of a shell script that says when it has begun. */
function execScript(world: ModelWorld, script: string, ...flags: string[]) {
  const run = world.start(['models', 'exec', MODEL, ...flags, '--', 'sh', '-c', `echo begun > begun; ${script}`]);
  const begun = async (): Promise<void> => {
    while (!existsSync(join(world.directory, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { ...run, begun };
}

describe('wan models pin, pins, unpin', () => {
  it('tell people and programs what is pinned', async () => {
    const world = await oneModel();
    expect((await world.cli(['models', 'pins'])).stdout).toBe('no model is pinned\n');
    const pinned = await world.cli(['models', 'pin', 't2v-tiny', '--until', '7d', '--reason', 'a test']);
    expect(pinned).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\+ pinned t2v-tiny@2\.2\.0 until \d{4}-.*Z \(it is not here yet\)\n$/),
    });
    const shown = await world.cli(['models', 'pins']);
    expect(shown.stdout).toMatch(
      /^ +MODEL +PINNED +UNTIL +HERE +BY +REASON\n\+ +t2v-tiny@2\.2\.0 +\S+ \S+Z +\S+ \S+Z +no +\S+@\S+ +a test\n$/,
    );
    const document = documentOf<{ pins: object[] }>((await world.cli(['models', 'pins', '--json'])).stdout);
    expect(document.data.pins).toMatchObject([{ ref: MODEL, family: 'wan22', state: 'active', present: false, reason: 'a test' }]);
    expect(documentOf((await world.cli(['models', 'pin', 't2v-tiny', '--json'])).stdout)).toMatchObject({
      schema: 'wan.models.pin/v1',
      data: { results: [{ ref: MODEL, asked: 't2v-tiny', ok: true, state: 'active' }] },
    });
    expect(documentOf((await world.cli(['models', 'unpin', MODEL, '--json'])).stdout)).toMatchObject({
      data: { results: [{ ref: MODEL, unpinned: true }] },
    });
    expect((await world.cli(['models', 'unpin', MODEL])).stdout).toBe(`- ${MODEL} was not pinned\n`);
  });

  it.each([
    ['2020-01-01', 'is over already'],
    ['soon', 'is no moment'],
  ])('refuse --until %s', async (until, why) => {
    const world = await oneModel();
    const ran = await world.cli(['models', 'pin', MODEL, '--until', until]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(why);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('keep rm from removing, unless it is forced', async () => {
    const world = await oneModel();
    await world.cli(['models', 'ensure', MODEL]);
    await world.cli(['models', 'pin', MODEL]);
    const refused = await world.cli(['models', 'rm', MODEL]);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toMatch(
      /^error: CONCURRENT_MODIFICATION t2v-tiny@2\.2\.0 is pinned by .*\nhint: `wan models unpin t2v-tiny@2\.2\.0`/,
    );
    expect((await world.cli(['models', 'rm', MODEL, '--force'])).stdout).toMatch(/^\+ removed/);
  });
});

describe('wan models exec', () => {
  it('ensures the model, hands its path over, and ends as the command does', async () => {
    const world = await oneModel();
    const ran = await world.cli([
      'models',
      'exec',
      MODEL,
      '--progress',
      'none',
      '--',
      'sh',
      '-c',
      'cat "$WAN_MODEL_PATH/model_index.json"; exit 42',
    ]);
    expect(ran).toMatchObject({ code: 42, stdout: '{"here":true}', stderr: '' });
  });

  it('prints one document with --json, and the output of the command on standard error', async () => {
    const world = await oneModel();
    const ran = await world.cli(['models', 'exec', MODEL, '--json', '--progress', 'none', '--', 'sh', '-c', 'echo hello; kill -TERM $$']);
    expect([ran.code, ran.stderr]).toEqual([143, 'hello\n']);
    expect(documentOf(ran.stdout)).toMatchObject({
      ok: true,
      data: { ref: MODEL, path: world.modelDir(), exit_status: 143, signal: 'SIGTERM' },
    });
  });

  it('keeps the model from rm, and says who uses it since when', async () => {
    const world = await oneModel();
    const run = execScript(world, 'exec sleep 30');
    await run.begun();
    const refused = await world.cli(['models', 'rm', MODEL, '--json']);
    expect(refused.code).toBe(7);
    expect(refused.json().data).toMatchObject({
      results: [
        {
          error: {
            code: 'CONCURRENT_MODIFICATION',
            reason: 'model_leased',
            message: expect.stringContaining(`pid ${run.child.pid} on `),
            details: { holders: [{ pid: run.child.pid, command: expect.stringContaining('sh -c') }] },
          },
        },
      ],
    });
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(143);
    expect((await world.cli(['models', 'rm', MODEL])).stdout).toMatch(/^\+ removed/);
  });

  it('gives signals to the command, which may do with them what it likes', async () => {
    const world = await oneModel();
    const run = execScript(world, 'trap "echo caught; exit 5" TERM; while :; do sleep 0.05; done');
    await run.begun();
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject<Partial<Ran>>({ code: 5, stdout: 'caught\n' });
  });

  it('leaves no hold behind when it is killed', async () => {
    const world = await oneModel();
    const run = execScript(world, 'exec sleep 1');
    await run.begun();
    run.child.kill('SIGKILL');
    await run.ended;
    expect((await world.cli(['models', 'rm', MODEL])).code).toBe(0);
    expect(await readFile(join(world.directory, 'begun'), 'utf8')).toBe('begun\n');
    expect(existsSync(leases(world))).toBe(true);
  });

  it.each([
    [['no-such-command'], 127],
    [['/etc'], 126],
  ])('says when %j cannot be run', async (command, code) => {
    const world = await oneModel();
    const ran = await world.cli(['models', 'exec', MODEL, '--progress', 'none', '--', ...command]);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(/^error: INVALID_INPUT cannot run "/);
  });

  it('needs a command', async () => {
    const world = await oneModel();
    const ran = await world.cli(['models', 'exec', MODEL]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('needs REF -- COMMAND');
  });
});
