import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import type { ModelEvent } from '../domain/events.ts';
import { isFinished, type JobRecord } from '../domain/jobs.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { resolveRequest } from '../jobs/job-request.ts';
import { createJobRunner, openJobQueue } from './jobs.ts';

const MODELS = ['alpha@1.0.0', 'beta@1.0.0', 'gamma@1.0.0', 'delta@1.0.0'];
const SIZE = 3 * 2 ** 20;

interface World {
  readonly world: ModelWorld;
  readonly config: Config;
  readonly queue: JobQueue;
  readonly events: readonly ModelEvent[];
  submit(asked: object): Promise<JobRecord>;
  /** Runs jobs until the test ends, or it is stopped. */
  start(): { readonly stop: () => Promise<void> };
  drain(): Promise<void>;
  until(what: string, isSo: () => boolean): Promise<void>;
}

async function jobWorld(
  env: Readonly<Record<string, string>> = {},
  before: (world: ModelWorld) => Promise<void> = async () => undefined,
): Promise<World> {
  const models = Object.fromEntries(MODELS.map((id, index) => [id, { files: { 'w.bin': seeded(SIZE, index + 1) }, sources: ['http'] }]));
  const world = await modelFixture({ models, env });
  await before(world);
  const config = await loadConfig({ env: world.env, cwd: world.directory });
  const queue = openJobQueue(config);
  const orchestrator = await world.orchestrator();
  const events: ModelEvent[] = [];
  const runner = () => createJobRunner(config, { sinks: [(event) => void events.push(event)] });
  return {
    ...{ world, config, queue, events },
    submit: async (asked) => (await queue.submit(await resolveRequest(asked, orchestrator), { origin: 'library', correlationId: 'c' })).job,
    start: () => {
      const ending = new AbortController();
      const ended = runner().run({ signal: ending.signal });
      const stop = async (): Promise<void> => {
        ending.abort();
        await ended;
      };
      onTestFinished(stop);
      return { stop };
    },
    drain: () => runner().run({ signal: AbortSignal.timeout(60_000), drain: true }),
    until: async (what, isSo) => {
      for (let tries = 0; !isSo(); tries++) {
        if (tries > 600) throw new Error(`never: ${what}; ${JSON.stringify(queue.list().jobs, null, 1)}`);
        await sleep(25);
      }
    },
  };
}

const stateOf = (queue: JobQueue, { id }: JobRecord): string => queue.find(id).state;

describe('the runner of jobs', () => {
  it('is held up by no progress that can be neither written nor removed', async () => {
    const { world, queue, submit, drain } = await jobWorld({ WAN_MAX_CONCURRENT_JOBS: '1' });
    const [first, killed] = [await submit({ kind: 'ensure', model: 'alpha' }), await submit({ kind: 'ensure', model: 'beta' })];
    await queue.update(killed.id, (job) => ({ ...job, state: 'running', attempts: 1 }));
    for (const { id } of [first, killed])
      mkdirSync(join(world.modelsRoot, '.state', 'job-progress', id, 'in the way'), { recursive: true });
    await drain();
    expect([stateOf(queue, first), stateOf(queue, killed)]).toEqual(['succeeded', 'succeeded']);
  });

  it('does what is queued, the most urgent first, then the oldest, and says what came of it', async () => {
    const { world, queue, submit, drain, events } = await jobWorld({ WAN_MAX_CONCURRENT_JOBS: '1' });
    const [first, second, urgent] = [
      await submit({ kind: 'ensure', model: 'alpha' }),
      await submit({ kind: 'ensure', model: 'beta' }),
      await submit({ kind: 'ensure', model: 'gamma' }),
    ];
    await queue.change(urgent.id, { priority: 10 });
    await drain();
    const begun = events.flatMap((event) => (event.type === 'job.changed' && event.state === 'running' ? [event.id] : []));
    expect(begun).toEqual([urgent.id, first.id, second.id]);
    for (const job of queue.list().jobs) {
      expect(job).toMatchObject({
        state: 'succeeded',
        done_bytes: SIZE,
        total_bytes: SIZE,
        attempts: 1,
        result: { fetched_bytes: SIZE, proof: 'manifest-sha256' },
      });
      expect(job.summary).toMatchObject({ fetched_bytes: SIZE, files: { fetched: 1 }, sources: [{ files: 1, bytes: SIZE }] });
      expect(queue.progress(job.id)).toBeUndefined();
    }
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('waits where the volume of the root is gone, makes nothing on its mount point, and goes on when it is back', async () => {
    const { world, queue, submit, start, until, events } = await jobWorld({ WAN_REQUIRE_STORE: 'true' }, async (world) => {
      await (await world.orchestrator({ env: { WAN_REQUIRE_STORE: 'false' } })).ensure('beta');
    });
    const { stop } = start();
    const lock = join(world.modelsRoot, '.locks', 'jobs', 'runner.lock');
    await until('it is the runner', () => existsSync(lock));
    renameSync(world.modelsRoot, `${world.modelsRoot}.unmounted`);
    mkdirSync(world.modelsRoot);
    await until('it says so', () => events.some((event) => event.type === 'warning' && event.message.includes('holds no store')));
    expect(readdirSync(world.modelsRoot)).toEqual([]);
    rmdirSync(world.modelsRoot);
    renameSync(`${world.modelsRoot}.unmounted`, world.modelsRoot);
    const job = await submit({ kind: 'ensure', model: 'alpha' });
    await until('it is done', () => stateOf(queue, job) === 'succeeded');
    await stop();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('runs as many at a time as is configured', async () => {
    const { world, queue, submit, start, until } = await jobWorld({ WAN_MAX_CONCURRENT_JOBS: '2' });
    world.server().bytesPerSecond = 2 ** 20;
    for (const model of MODELS) await submit({ kind: 'ensure', model });
    const { stop } = start();
    let most = 0;
    await until('all have succeeded', () => {
      const { jobs } = queue.list();
      most = Math.max(most, jobs.filter(({ state }) => state === 'running').length);
      return jobs.every(isFinished);
    });
    expect(most).toBe(2);
    await stop();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('pauses a running job within a second or so, keeps its pieces, also from gc, and goes on with them', async () => {
    const { world, queue, submit, start, until } = await jobWorld({ WAN_GC_GRACE: '0' });
    world.server().bytesPerSecond = 2 ** 20;
    const job = await submit({ kind: 'ensure', model: 'alpha' });
    const { stop } = start();
    await until('bytes are held', () => (queue.progress(job.id)?.done_bytes ?? 0) > SIZE / 3);
    expect(await queue.act(job.id, 'pause')).toMatchObject({ state: 'running', wanted: 'pause' });
    const askedMs = performance.now();
    await until('it is paused', () => stateOf(queue, job) === 'paused');
    expect(performance.now() - askedMs).toBeLessThan(2500);
    const paused = queue.find(job.id);
    expect(paused.done_bytes).toBeGreaterThan(SIZE / 3);
    expect(paused).not.toHaveProperty('wanted');

    await using orchestrator = await world.orchestrator();
    expect((await orchestrator.gc({ purge: true })).items).toMatchObject([{ kind: 'partial', action: 'keep', reason: 'counted_on' }]);

    world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
    const before = world.server().sentBytes();
    await queue.act(job.id, 'resume');
    await until('it has succeeded', () => stateOf(queue, job) === 'succeeded');
    expect(world.server().sentBytes() - before).toBeLessThanOrEqual(SIZE - paused.done_bytes + 4 * 262_144);
    expect(queue.find(job.id)).toMatchObject({ attempts: 2, done_bytes: SIZE });
    await stop();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('cancels a running job, and tries a cancelled one again when asked to', async () => {
    const { world, queue, submit, start, until } = await jobWorld();
    world.server().bytesPerSecond = 2 ** 20;
    const job = await submit({ kind: 'ensure', model: 'alpha' });
    const { stop } = start();
    await until('bytes are held', () => (queue.progress(job.id)?.done_bytes ?? 0) > 0);
    await queue.act(job.id, 'cancel');
    await until('it is cancelled', () => stateOf(queue, job) === 'cancelled');
    world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
    await queue.act(job.id, 'retry');
    await until('it has succeeded', () => stateOf(queue, job) === 'succeeded');
    await stop();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('changes the limit of one job while it runs, and leaves the others alone', async () => {
    const { world, queue, submit, start, until } = await jobWorld();
    const job = await submit({ kind: 'ensure', model: 'alpha' });
    await queue.change(job.id, { limitRateBytesPerSecond: 300_000 });
    const begunMs = performance.now();
    const { stop } = start();
    await until('bytes are held', () => (queue.progress(job.id)?.done_bytes ?? 0) > 0);
    await until('the limit shows', () => (queue.progress(job.id)?.summary.limited_ms ?? 0) > 500);
    const slowBytes = queue.progress(job.id)?.done_bytes ?? 0;
    expect(slowBytes).toBeLessThan(300 * (performance.now() - begunMs) + 900_000);
    const other = await submit({ kind: 'ensure', model: 'beta' });
    await until('the other one has succeeded', () => stateOf(queue, other) === 'succeeded');
    expect(stateOf(queue, job)).toBe('running');
    await queue.change(job.id, { limitRateBytesPerSecond: null });
    const askedMs = performance.now();
    await until('it has succeeded', () => stateOf(queue, job) === 'succeeded');
    expect(performance.now() - askedMs).toBeLessThan((0.7 * (SIZE - slowBytes)) / 300);
    const { summary } = queue.find(job.id);
    expect(summary?.limited_ms).toBeGreaterThan(500);
    await stop();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('queues again what runs when it ends, and the next one goes on', async () => {
    const { world, queue, submit, start, drain, until } = await jobWorld();
    world.server().bytesPerSecond = 2 ** 20;
    const job = await submit({ kind: 'ensure', model: 'alpha' });
    const { stop } = start();
    await until('bytes are held', () => (queue.progress(job.id)?.done_bytes ?? 0) > SIZE / 4);
    await stop();
    const { state, done_bytes: held } = queue.find(job.id);
    expect(state).toBe('queued');
    expect(held).toBeGreaterThan(SIZE / 4);
    expect(await queue.hasRunner()).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
    await drain();
    expect(queue.find(job.id)).toMatchObject({ state: 'succeeded', attempts: 2 });
  });

  it('gives up on what cannot succeed, with the error, and goes on with the others', async () => {
    const { world, queue, submit, drain } = await jobWorld();
    world.server().put(`${MODELS[0]}/w.bin`, seeded(SIZE, 99));
    const [bad, good] = [await submit({ kind: 'ensure', model: 'alpha' }), await submit({ kind: 'ensure', model: 'beta' })];
    await drain();
    expect(queue.find(bad.id)).toMatchObject({ state: 'failed', error: { code: 'CHECKSUM_FAIL' }, attempts: 1 });
    expect(queue.find(good.id)).toMatchObject({ state: 'succeeded' });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('verifies, repairs, scrubs, collects garbage and pins, each with what it found', async () => {
    const { world, queue, submit, drain } = await jobWorld();
    await submit({ kind: 'ensure', model: 'alpha' });
    await drain();
    const asked = [
      { kind: 'verify', model: 'alpha', deep: true },
      { kind: 'repair', model: 'alpha' },
      { kind: 'scrub' },
      { kind: 'gc' },
      { kind: 'lock' },
    ];
    for (const one of asked) await submit(one);
    await drain();
    const results = Object.fromEntries(queue.list().jobs.map(({ request, state, result }) => [request.kind, { state, ...result }]));
    expect(results).toMatchObject({
      verify: { state: 'succeeded', files: 1, wrong_files: 0, bytes_read: SIZE },
      repair: { state: 'succeeded', mended_files: 0 },
      scrub: { state: 'succeeded', blobs: 1, corrupt: 0 },
      gc: { state: 'succeeded', removed: 0 },
      lock: { state: 'succeeded' },
    });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('two runners of one root', () => {
  it('never work at the same time: the second one waits, and takes over', async () => {
    const { world, queue, submit, start, until, events } = await jobWorld({ WAN_MAX_CONCURRENT_JOBS: '1' });
    const [one, two] = [start(), start()];
    for (const model of MODELS) await submit({ kind: 'ensure', model });
    await until('all have succeeded', () => queue.list().jobs.every(isFinished));
    const begun = events.filter((event) => event.type === 'job.changed' && event.state === 'running');
    expect(begun).toHaveLength(MODELS.length);
    await one.stop();
    const late = await submit({ kind: 'verify', model: 'alpha' });
    await until('the other one has taken over', () => stateOf(queue, late) === 'succeeded');
    await two.stop();
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
