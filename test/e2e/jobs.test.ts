/** `wan models jobs` and `wan models explain` of the built command, each document against its schema. */
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import type { JobWire } from '../../src/wire/job-wire.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { documentOf, eventsOf } from '../support/document.ts';
import { type ModelWorld, modelFixture, type Ran } from '../support/model-fixture.ts';

const [A, B] = ['alpha@1.0.0', 'beta@1.0.0'];
const SIZE = 600_000;

interface Listed {
  readonly runner: boolean;
  readonly jobs: readonly JobWire[];
  readonly schedules: readonly { readonly name: string; readonly next_at: string }[];
  readonly results: readonly {
    readonly ok: boolean;
    readonly is_new?: boolean;
    readonly job: JobWire;
    readonly error?: { readonly code: string };
  }[];
}

async function twoModels(env: Readonly<Record<string, string>> = {}) {
  const models = Object.fromEntries([A, B].map((id, index) => [id, { files: { 'w.bin': seeded(SIZE, index + 1) }, sources: ['http'] }]));
  const world = await modelFixture({ models, env });
  const ask = async (...words: string[]): Promise<Listed & { ran: Ran }> => {
    const ran = await world.cli(['models', 'jobs', ...words, '--json']);
    return { ...documentOf<Listed>(ran.stdout).data, ran };
  };
  return { world, ask };
}

const human = async (world: ModelWorld, ...words: string[]): Promise<string> => {
  const { stdout, stderr } = await world.cli(['models', ...words]);
  return stdout + stderr;
};

describe('wan models jobs', () => {
  it('says that there are none, and makes no store for saying so', async () => {
    const { world, ask } = await twoModels();
    expect(await human(world, 'jobs')).toBe('no jobs\n');
    expect(await ask()).toMatchObject({ runner: false, jobs: [], schedules: [] });
    expect((await world.cli(['models', 'locks', '--all'])).stdout).toBe('no lock is held\n');
  });

  it('queues, steers, runs and shows', async () => {
    const { world, ask } = await twoModels();
    const added = await ask('add', 'ensure', 'alpha', 'beta', '--limit-rate', '10M');
    expect(added.results.map(({ is_new, job }) => [is_new, job.label, job.priority, job.limit_rate_bytes_per_second])).toEqual([
      [true, `ensure ${A}`, 0, 10 * 2 ** 20],
      [true, `ensure ${B}`, 0, 10 * 2 ** 20],
    ]);
    expect((await ask('add', 'ensure', A)).results).toMatchObject([{ is_new: false }]);
    const [one = '', two = ''] = added.results.map(({ job }) => job.id);
    expect((await ask('priority', 'high', two.slice(0, 8))).results).toMatchObject([{ ok: true, job: { priority: 10 } }]);
    expect((await ask('limit', 'off', one)).results[0]?.job).not.toHaveProperty('limit_rate_bytes_per_second');
    expect((await ask('pause', one)).results).toMatchObject([{ ok: true, job: { state: 'paused' } }]);
    expect((await ask('list', '--state', 'queued')).jobs.map(({ id }) => id)).toEqual([two]);
    expect((await ask()).jobs.map(({ id }) => id)).toEqual([two, one]);
    expect(await human(world, 'jobs')).toMatch(/nothing runs jobs here now: start `wan serve`, or `wan models jobs run`/);
    await ask('resume', one);

    const ran = await world.cli(['models', 'jobs', 'run', '--drain', '--json', '--progress', 'json']);
    expect(documentOf(ran.stdout)).toMatchObject({ ok: true, data: { succeeded: 2, failed: 0 } });
    const changes = eventsOf(ran.stderr).flatMap((event) => (event.type === 'job.changed' ? [`${event.id} ${event.state}`] : []));
    expect(changes.slice().sort()).toEqual([`${one} running`, `${one} succeeded`, `${two} running`, `${two} succeeded`].sort());
    expect(changes[0]).toBe(`${two} running`);
    const { jobs } = await ask();
    expect(jobs).toMatchObject([{ state: 'succeeded' }, { state: 'succeeded' }]);
    expect(jobs.find(({ id }) => id === one)).toMatchObject({ model: A, kind: 'ensure', done_bytes: SIZE, total_bytes: SIZE, attempts: 1 });
    expect(documentOf((await world.cli(['models', 'jobs', 'show', one, '--json'])).stdout)).toMatchObject({ data: { job: { id: one } } });
    expect(await human(world, 'jobs', 'show', one)).toMatch(/state +succeeded\n/);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('knows a key again', async () => {
    const { ask } = await twoModels();
    const first = await ask('add', 'ensure', A, '--key', 'k1');
    await ask('cancel', first.results[0]?.job.id ?? '');
    expect((await ask('add', 'ensure', A, '--key', 'k1')).results).toMatchObject([{ is_new: false, job: { state: 'cancelled' } }]);
    const reused = await ask('add', 'ensure', B, '--key', 'k1');
    expect(reused.ran).toMatchObject({ code: 2 });
    expect(reused.ran.json().error.reason).toBe('idempotency_key_reused');
  });

  it.each([
    [['show'], 2, 'missing_operand'],
    [['show', 'ffff'], 3, undefined],
    [['pause', '../../STORE.json'], 3, undefined],
    [['priority', 'urgent', 'ffff'], 2, 'invalid_value'],
    [['priority', '101', 'ffff'], 3, undefined],
    [['limit', 'fast', 'ffff'], 2, 'invalid_value'],
    [['add'], 2, 'invalid_value'],
    [['add', 'ensuer', A], 2, 'invalid_value'],
    [['add', 'ensure'], 2, 'missing_operand'],
    [['add', 'gc', A], 2, 'conflicting_options'],
    [['add', 'ensure', 'nope'], 3, undefined],
    [['add', 'ensure', A, '--variant', 'int4'], 3, undefined],
    [['list', '--drain'], 2, 'unknown_option'],
    [['explode'], 2, 'invalid_value'],
  ])('refuses %j with exit status %i, and queues nothing', async (words, status, reason) => {
    const { world, ask } = await twoModels();
    const { ran } = await ask(...words);
    expect(ran.code, ran.stdout).toBe(status);
    if (reason !== undefined) expect(ran.json().error.reason).toBe(reason);
    expect((await ask()).jobs).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('shows schedules, and queues what is due', async () => {
    const { world, ask } = await twoModels({ WAN_SCRUB_SCHEDULE: '* * * * *', WAN_GC_SCHEDULE: 'off' });
    expect((await ask()).schedules).toMatchObject([{ name: 'scrub', times: '* * * * *' }]);
    await ask('add', 'ensure', A);
    await world.cli(['models', 'jobs', 'run', '--drain']);
    const [{ next_at: next = '' } = {}] = (await ask()).schedules;
    expect(Date.parse(next)).toBeGreaterThan(Date.now() - 60_000);
    const bad = await world.cli(['models', 'jobs', '--json'], { WAN_GC_SCHEDULE: '61 3 * * *' });
    expect(bad.code).toBe(2);
    expect(bad.json().error.message).toContain('"61" is no minute (0-59)');
  });
});

describe('wan models explain', () => {
  it('says what was measured of a job, and that nothing was of one that waits', async () => {
    const { world, ask } = await twoModels();
    world.server().bytesPerSecond = 200_000;
    const [{ job } = { job: { id: '' } }] = (await ask('add', 'ensure', A)).results;
    expect(await human(world, 'explain', job.id)).toBe(`ensure ${A} (${job.id}) is queued; nothing was measured of it yet\n`);
    await world.cli(['models', 'jobs', 'run', '--drain']);
    const explained = documentOf<{ main_cause: string; worked_ms: number; findings: { cause: string; ms?: number; text: string }[] }>(
      (await world.cli(['models', 'explain', job.id.slice(0, 6), '--json'])).stdout,
    );
    // On a machine that stands still for seconds, that is what most of the time went to, and some bytes are asked for twice.
    expect(['transfer', 'stall']).toContain(explained.data.main_cause);
    expect(explained.data.worked_ms).toBeGreaterThan(2000);
    expect(explained.data.findings.find(({ cause }) => cause === 'source')?.text).toMatch(/^[\d.]+ [KM]iB from http:\/\/127\.0\.0\.1:/);
    expect(await human(world, 'explain', job.id)).toMatch(
      /has succeeded, after .* of work:\n( .*\n)* +\d+ % .* of transfer, as fast as .*\n( .*\n)* +[\d.]+ [KM]iB came in .*, [\d.]+ [KM]iB\/s on average\n/,
    );
    expect((await world.cli(['models', 'explain', 'ffff', '--json'])).json().error.code).toBe('JOB_NOT_FOUND');
  });
});
