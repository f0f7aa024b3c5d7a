import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestAnswer, testService } from '../../../test/support/test-service.ts';
import { createJobRunner } from '../../compose/jobs.ts';
import { checkInvariants } from '../../compose.ts';
import { loadConfig } from '../../config/load-config.ts';
import { explainData, jobDocument } from '../../documents/jobs.ts';
import { download, downloadProgress, jobList, submittedJob } from '../contract/jobs.ts';

const [A, B] = ['alpha@1.0.0', 'beta@1.0.0'];
const SIZE = 1_500_000;

async function twoModels() {
  const models = Object.fromEntries([A, B].map((id, index) => [id, { files: { 'w.bin': seeded(SIZE, index + 1) }, sources: ['http'] }]));
  const world = await modelFixture({ models });
  const served = await testService(world);
  const [writer, admin] = [await served.bearer('write'), await served.bearer('admin')];
  const post = (path: string, body?: object, headers: Readonly<Record<string, string>> = writer): Promise<TestAnswer> =>
    served.ask(path, {
      method: 'POST',
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  const get = (path: string) => served.ask(path, { headers: writer });
  return { world, ...served, post, get, writer, admin };
}

/** Runs jobs in this process until the test ends. */
async function startRunner(world: ModelWorld): Promise<void> {
  const ending = new AbortController();
  const ended = createJobRunner(await loadConfig({ env: world.env, cwd: world.directory })).run({ signal: ending.signal });
  onTestFinished(async () => {
    ending.abort();
    await ended;
  });
}

async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    await sleep(50);
  }
  throw new Error('it never was so');
}

describe('jobs over HTTP', () => {
  it('are queued, listed, steered and explained, each answer as its schema has it', async () => {
    const { world, post, get, ask, writer } = await twoModels();
    expect(jobList.parse((await get('/v1/jobs')).json())).toMatchObject({ jobs: [], total: 0, runner: false });
    const first = submittedJob.parse((await post('/v1/jobs', { kind: 'ensure', model: 'alpha', priority: 'high' })).json());
    expect(first).toMatchObject({ is_new: true, job: { model: A, origin: 'http', priority: 10, state: 'queued' } });
    expect((await post('/jobs/', { kind: 'ensure', model: A })).json()).toMatchObject({ is_new: false, job: { id: first.job.id } });
    await post('/v1/jobs', { kind: 'verify', model: B, deep: true });
    expect(jobList.parse((await get('/v1/jobs?kind=verify&limit=1')).json())).toMatchObject({ total: 1, jobs: [{ label: `verify ${B}` }] });
    expect(jobList.parse((await get('/v1/jobs?limit=1&offset=1')).json())).toMatchObject({ total: 2, jobs: [{ label: `verify ${B}` }] });

    const { id } = first.job;
    const steps: readonly [string, object | undefined, object][] = [
      [`/v1/jobs/${id}/pause`, undefined, { state: 'paused' }],
      [`/v1/jobs/${id.slice(0, 8)}/pause/`, undefined, { state: 'paused' }],
      [`/v1/jobs/${id}/resume`, undefined, { state: 'queued' }],
      [`/v1/jobs/${id}/priority`, { priority: 'low' }, { priority: -10 }],
      [`/v1/jobs/${id}/cancel`, undefined, { state: 'cancelled' }],
      [`/v1/jobs/${id}/retry`, undefined, { state: 'queued' }],
    ];
    for (const [path, body, expected] of steps) expect(jobDocument.parse((await post(path, body)).json()), path).toMatchObject(expected);
    const patch = (body: object) =>
      ask(`/v1/jobs/${id}`, { method: 'PATCH', headers: { ...writer, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect((await patch({ limit_rate_bytes_per_second: 5_000_000, priority: 3 })).json()).toMatchObject({
      limit_rate_bytes_per_second: 5_000_000,
      priority: 3,
    });
    expect((await patch({ limit_rate_bytes_per_second: null })).json()).not.toHaveProperty('limit_rate_bytes_per_second');
    expect((await patch({})).status).toBe(400);

    await startRunner(world);
    const done = await until(
      async () => jobDocument.parse((await get(`/jobs/${id}`)).json()),
      ({ state }) => state === 'succeeded',
    );
    expect(done).toMatchObject({ done_bytes: SIZE, total_bytes: SIZE, result: { fetched_bytes: SIZE } });
    expect(explainData.parse((await get(`/v1/jobs/${id}/explain`)).json()).findings.map(({ cause }) => cause)).toContain('source');
    expect((await post(`/v1/jobs/${id}/pause`)).json()).toMatchObject({
      status: 409,
      code: 'CONCURRENT_MODIFICATION',
      reason: 'job_state',
    });
  });

  it('are the same job for the same Idempotency-Key', async () => {
    const { post, writer } = await twoModels();
    const keyed = { ...writer, 'idempotency-key': 'one' };
    const first = (await post('/v1/jobs', { kind: 'ensure', model: A }, keyed)).json<{ job: { id: string } }>();
    await post(`/v1/jobs/${first.job.id}/cancel`);
    expect((await post('/v1/jobs', { kind: 'ensure', model: A }, keyed)).json()).toMatchObject({
      is_new: false,
      job: { id: first.job.id, state: 'cancelled' },
    });
    const other = await post('/v1/jobs', { kind: 'ensure', model: B }, keyed);
    expect([other.status, other.json().reason]).toEqual([422, 'idempotency_key_reused']);
  });

  it.each([
    [{ kind: 'ensure' }, 400, 'INVALID_INPUT'],
    [{ kind: 'ensure', model: A, forse: true }, 400, 'INVALID_INPUT'],
    [{ kind: 'ensure', model: '../../etc' }, 400, 'INVALID_MODEL_ID'],
    [{ kind: 'ensure', model: 'nowhere' }, 404, 'MODEL_NOT_FOUND'],
    [{ kind: 'ensure', model: A, variant: 'int4' }, 404, 'VARIANT_NOT_FOUND'],
    [{ kind: 'ensure', model: A, priority: 1000 }, 400, 'INVALID_INPUT'],
    [{ kind: 'explode' }, 400, 'INVALID_INPUT'],
    [{ kind: 'gc' }, 403, 'AUTH_FAIL'],
    [{ kind: 'lock' }, 403, 'AUTH_FAIL'],
    [[], 400, 'INVALID_INPUT'],
  ])('%j is refused with %i, and queues nothing', async (body, status, code) => {
    const { post, get, world } = await twoModels();
    const answer = await post('/v1/jobs', body);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect((await get('/v1/jobs')).json()).toMatchObject({ total: 0 });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('are an admin’s where they remove, and nobody’s to change without a token', async () => {
    const { post, ask, admin } = await twoModels();
    expect((await post('/v1/jobs', { kind: 'gc' }, admin)).json()).toMatchObject({ job: { kind: 'gc' } });
    expect((await ask('/v1/jobs', { method: 'POST' })).status).toBe(401);
  });

  it('are an admin’s to set going again where only an admin may queue them', async () => {
    const { post, ask, admin, writer } = await twoModels();
    const { job } = submittedJob.parse((await post('/v1/jobs', { kind: 'gc' }, admin)).json());
    await post(`/v1/jobs/${job.id}/cancel`, undefined, admin);
    const headers = { ...writer, 'content-type': 'application/json' };
    const tried = [
      await post(`/v1/jobs/${job.id}/retry`),
      await post(`/v1/jobs/${job.id.slice(0, 6)}/priority`, { priority: 'high' }),
      await ask(`/v1/jobs/${job.id}`, { method: 'PATCH', headers, body: '{"priority":"high"}' }),
    ];
    expect(tried.map((answer) => [answer.status, answer.json().reason])).toEqual(tried.map(() => [403, 'scope_missing']));
    expect((await post(`/v1/jobs/${job.id}/retry`, undefined, admin)).json()).toMatchObject({ state: 'queued' });
  });

  it.each(['ffffffffffff', '..%2F..%2FSTORE.json', 'x'.repeat(64), '%00'])('answer 404 for the id %s', async (id) => {
    const { get } = await twoModels();
    const answer = await get(`/v1/jobs/${id}`);
    expect([answer.status, answer.json().code]).toEqual([404, 'JOB_NOT_FOUND']);
  });
});

describe('a download', () => {
  it.each([
    [{ model_id: A, model_type: 'text-to-video', force_download: false }],
    [{ model_name: 'alpha', target_dir: '/elsewhere', force: false }],
    [{ model_id: null, model_name: A, variant: null, force: null, priority: null, components: null }],
    [{ name: A, type: 'diffusion', tags: ['a'], auto_assign: true, priority: 'normal' }],
  ])('asked for with %j answers at once with its id and the model', async (body) => {
    const { post } = await twoModels();
    const answer = await post('/models/download', body);
    expect(answer.status).toBe(200);
    expect(download.parse(answer.json())).toMatchObject({
      ...{
        id: A,
        model_id: A,
        model_name: 'alpha',
        name: 'alpha',
        version: '1.0.0',
        status: 'pending',
        result: 'started',
        size_bytes: SIZE,
      },
      ...{ progress_percent: 0, job: { kind: 'ensure', model: A } },
    });
  });

  it('goes on by itself, and is followed by every path that callers know', async () => {
    const { world, post, get } = await twoModels();
    world.server().bytesPerSecond = 500_000;
    expect(downloadProgress.parse((await get('/models/alpha/download-progress')).json())).toMatchObject({
      download_id: null,
      status: 'pending',
    });
    const { download_id: id } = (await post('/api/v1/models/download', { model_name: 'alpha' })).json<{ download_id: string }>();
    await startRunner(world);
    const paths = [
      `/models/${A}/download-progress`,
      ...['/models/download', '/v1/models/download', '/api/v1/models/download', '/download'].flatMap((path) => [
        `${path}/${id}/progress`,
        `${path}/${id}/status`,
      ]),
    ];
    const running = await until(
      async () => downloadProgress.parse((await get(paths[0] ?? '')).json()),
      ({ progress_percent: percent }) => percent > 20,
    );
    expect(running).toMatchObject({ download_id: id, model_name: 'alpha', status: 'downloading', total_mb: 1.5, error_message: null });
    expect(running.elapsed_seconds).toBeGreaterThan(0);
    for (const path of paths) expect(downloadProgress.parse((await get(path)).json()), path).toMatchObject({ download_id: id });
    const done = await until(
      async () => downloadProgress.parse((await get(paths[1] ?? '')).json()),
      ({ status }) => status === 'available',
    );
    expect(done).toMatchObject({ progress_percent: 100, downloaded_mb: 1.5 });
    expect((await post('/models/download', { model_id: A })).json()).toMatchObject({ result: 'started' });
  });

  it('is cancelled by its model', async () => {
    const { post, get } = await twoModels();
    const { download_id: id } = (await post('/models/download', { model_id: A })).json<{ download_id: string }>();
    expect((await post(`/models/${A}/cancel-download`)).json()).toMatchObject({ success: true, data: { download_ids: [id] }, error: null });
    expect((await get(`/jobs/${id}`)).json()).toMatchObject({ state: 'cancelled' });
    expect((await post(`/models/${A}/cancel-download`)).json()).toMatchObject({ success: true, data: { download_ids: [] } });
  });

  it.each([
    [{}, 400, 'INVALID_INPUT'],
    [{ model_id: '', model_name: '' }, 400, 'INVALID_INPUT'],
    [{ model_id: 7 }, 400, 'INVALID_INPUT'],
    [{ model_id: 'nowhere' }, 404, 'MODEL_NOT_FOUND'],
  ])('asked for with %j is refused with %i in words that both kinds of callers read', async (body, status, code) => {
    const { post, get } = await twoModels();
    const answer = await post('/models/download', body);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect(answer.json().detail).toBe(answer.json().message);
    expect((await get('/v1/jobs')).json()).toMatchObject({ total: 0 });
  });
});
