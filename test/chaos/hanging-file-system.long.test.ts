/** `wan serve` on file systems that hang in the kernel: it answers in time, says what it cannot tell, stops when told to, and goes on by itself. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ReadableStream } from 'node:stream/web';
import { expect, it, vi } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { ApiTokens } from '../../src/credentials/api-tokens.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { describeWithHangs, hangingFolder } from '../support/hanging-folder.ts';
import { run } from '../support/loop-volume.ts';
import { type FixtureModel, MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { type RunningService, serving } from '../support/running-service.ts';

/** Far above every budget, and far below for ever. */
const PATIENCE_MS = 20_000;

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

async function ask({ url }: RunningService, path: string, init: RequestInit = {}): Promise<Told> {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS), ...init });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
}

interface Model {
  readonly status: string;
  readonly error_message: string | null;
  readonly looked_at: string | null;
}

interface Models {
  readonly complete: boolean;
  readonly total_models: number;
  readonly models: Readonly<Record<string, Model>>;
}

const modelsOf = async (service: RunningService): Promise<Models> => (await ask(service, '/health/models')).json<Models>();

/** Asked until it is so: how long a silence takes to be noticed, or to be over, is the machine's business. */
const until = (hold: () => Promise<void>): Promise<void> => vi.waitFor(hold, { timeout: 60_000, interval: 100 });

const isWell = (service: RunningService): Promise<void> =>
  until(async () => {
    expect((await ask(service, '/health')).json()).toMatchObject({ status: 'healthy', total_models: 1 });
    expect(await modelsOf(service)).toMatchObject({ complete: true, models: { [MODEL]: { status: 'COMPLETE' } } });
    expect((await ask(service, '/v1/models')).status).toBe(200);
  });

const isSilent = (service: RunningService): Promise<void> =>
  until(async () => {
    expect((await ask(service, '/health')).json()).toMatchObject({ status: 'error', error_code: 'FILESYSTEM_ERROR', total_models: 1 });
  });

async function stopsWell(service: RunningService, { modelsRoot }: ModelWorld): Promise<void> {
  service.kill('SIGTERM');
  expect((await service.ended).code).toBe(0);
  expect(await checkInvariants(modelsRoot)).toEqual([]);
}

/** Of the threads of a process, a letter each: see proc(5). */
function statesOf(pid: number): string {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return '';
  return readdirSync(tasks)
    .map((task) => /\) (\w)/.exec(readFileSync(join(tasks, task, 'stat'), 'utf8'))?.[1] ?? '?')
    .join('');
}

/** What was written lately is read from memory otherwise, whatever the file system does. */
const forgetPages = (path: string): string => run('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);

const ensured = async (world: ModelWorld): Promise<void> => {
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
};

const files = { 'a.bin': 'some bytes' };
const env = { WAN_LOG_FORMAT: 'json' };

/** MODELS_ROOT is in the folder that hangs when it is told to. */
async function hangingWorld(content: FixtureModel['files'] = files) {
  const folder = await hangingFolder();
  return { folder, world: await modelFixture({ files: content, env, root: join(folder.path, 'models') }) };
}

async function wellService() {
  const { folder, world } = await hangingWorld();
  await ensured(world);
  const service = await serving(world);
  await isWell(service);
  return { folder, world, service };
}

/** A service in the middle of a file for each of six clients, who do not read yet: more than the pool of a process has threads. */
async function halfSent() {
  const { folder, world } = await hangingWorld({ 'w.bin': seeded(48_000_000, 5) });
  await ensured(world);
  const service = await serving(world);
  const file = `${service.url}/v1/models/${MODEL}/files/w.bin`;
  const bodies = await Promise.all(Array.from({ length: 6 }, async () => (await fetch(file)).body as ReadableStream));
  forgetPages(join(world.modelDir(), 'w.bin'));
  return { folder, service, bodies };
}

const endOf = (body: ReadableStream): Promise<string> =>
  buffer(body).then(
    () => 'whole',
    () => 'cut off',
  );

describeWithHangs('a service whose MODELS_ROOT hangs in the kernel', () => {
  it('answers health and metrics in time, names every model as UNKNOWN, refuses the rest with 503, and is well again when the mount is', async () => {
    const { folder, world, service } = await wellService();

    folder.hang();
    await isSilent(service);
    const seen = await modelsOf(service);
    expect([seen.complete, seen.total_models, seen.models[MODEL]?.status]).toEqual([false, 1, 'UNKNOWN']);
    expect(seen.models[MODEL]?.error_message).toMatch(/has not answered for .*; at \S+Z it was COMPLETE$/);
    expect((await ask(service, `/v1/health/models/${MODEL}/`)).json()).toMatchObject({ status: 'UNKNOWN', model_id: MODEL });
    expect((await ask(service, '/health/storage')).json()).toMatchObject({ status: 'error', not_looked: ['usage', 'tiers', 'sources'] });
    const metrics = await ask(service, '/metrics');
    expect([metrics.status, /^wan_service_unresponsive_seconds [1-9]/m.test(metrics.text)]).toEqual([200, true]);
    expect((await ask(service, '/dashboard')).status).toBe(200);
    for (const [path, init] of [
      [`/v1/models/${MODEL}`, {}],
      ['/v1/disk', {}],
      ['/nothing/of/the/kind', {}],
      [`/v1/models/${MODEL}/pin`, { method: 'PUT' }],
    ] as const) {
      const refused = await ask(service, path, init);
      expect([path, refused.status, refused.json().reason]).toEqual([path, 503, 'file_system_silent']);
      expect(refused.headers.get('retry-after')).toBe('5');
    }

    folder.heal();
    await isWell(service);
    expect((await ask(service, '/metrics')).text).toMatch(/^wan_service_unresponsive_seconds 0$/m);
    expect(
      service
        .lines()
        .filter(({ event }) => event === 'service.trouble')
        .map(({ level }) => level),
    ).toEqual(['ERROR', 'WARN']);
    await stopsWell(service, world);
  });

  it('answers the very request that the hang begins with, on a connection that was open before, within its budget', async () => {
    const { folder, service } = await wellService();
    folder.hang();
    const begun = performance.now();
    const [health, models] = await Promise.all([ask(service, '/health'), ask(service, '/health/models?timeout_ms=300')]);
    expect([health.status, models.status, models.json<Models>().total_models]).toEqual([200, 200, 1]);
    expect(performance.now() - begun).toBeLessThan(PATIENCE_MS);
    folder.heal();
    await isWell(service);
  });

  it('asks for a token as ever', async () => {
    const { folder, world } = await hangingWorld();
    const { token } = await new ApiTokens({ userConfigDir: join(world.directory, '.config', 'wan') }).create({ name: 'me', scope: 'read' });
    const service = await serving(world);
    folder.hang();
    await isSilent(service);
    const authorization = `Bearer ${token.reveal()}`;
    const asked = (headers: Record<string, string>) => ask(service, '/health/models', { headers });
    expect([(await asked({})).status, (await asked({ authorization })).status]).toEqual([401, 200]);
    expect((await ask(service, '/health', { headers: { origin: 'https://elsewhere.example' } })).status).toBe(403);
  });

  it('stops when it is told to, and says that it was cut off', async () => {
    const { folder, world } = await hangingWorld();
    const service = await serving(world);
    folder.hang();
    await isSilent(service);
    service.kill('SIGTERM');
    await until(async () => expect(service.lines().at(-1)?.message).toMatch(/is cut off/));
    // A call that the driver had begun with is one that no signal ends: then nothing but that is left of the process.
    await until(async () => expect(statesOf(service.pid)).toMatch(/^[DZX]*$/));
    folder.heal();
    expect((await service.ended).signal).toBe('SIGTERM');
  });

  it('answers in the middle of files whose bytes do not come any more, and stops when it is told to', async () => {
    const { folder, service, bodies } = await halfSent();
    folder.hang();
    const ends = bodies.map(endOf);
    await answersInTime(service);
    service.kill('SIGTERM');
    await until(async () => expect(statesOf(service.pid)).toMatch(/^[DZX]*$/));
    expect(await Promise.all(ends)).toContain('cut off');
    folder.heal();
    await service.ended;
  });

  it('stops also where it begins to hang while the last bytes are sent', async () => {
    const { folder, service, bodies } = await halfSent();
    service.kill('SIGTERM');
    await until(async () => expect(service.lines().at(-1)?.event).toBe('http.stopping'));
    folder.hang();
    const ends = bodies.map(endOf);
    await until(async () => expect(statesOf(service.pid)).toMatch(/^[DZX]*$/));
    expect(await Promise.all(ends)).toContain('cut off');
    folder.heal();
    expect((await service.ended).signal).toBe('SIGTERM');
  });

  it('begins on one that hangs, says so, and is well once it answers', async () => {
    const { folder, world } = await hangingWorld();
    await ensured(world);
    folder.hang();
    const service = await serving(world);
    expect((await ask(service, '/health')).json()).toMatchObject({ status: 'error', error_code: 'FILESYSTEM_ERROR' });
    folder.heal();
    await isWell(service);
  });
});

/** A model that is not here yet, and a job that fetches it from a folder that hangs. */
async function waitingJob() {
  const folder = await hangingFolder();
  await writeFile(join(folder.path, 'a.bin'), 'some bytes');
  const world = await modelFixture({ files, sources: [`local://${folder.path}`], env: { ...env, WAN_API_ANONYMOUS: 'write' } });
  const service = await serving(world);
  folder.hang();
  const body = JSON.stringify({ kind: 'ensure', model: MODEL });
  const made = await ask(service, '/v1/jobs', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const { job } = made.json<{ job: { id: string } }>();
  return { folder, world, service, id: job.id };
}

/** Whatever a thread waits for by now. */
async function answersInTime(service: RunningService): Promise<void> {
  for (let times = 0; times < 4; times++) {
    for (const path of ['/health', '/health/models', '/health/storage', '/metrics']) {
      const told = await ask(service, path);
      expect([path, told.status, told.status === 200 ? '' : told.text]).toEqual([path, 200, '']);
    }
    expect([200, 503]).toContain((await ask(service, '/v1/models')).status);
  }
}

describeWithHangs('a service with a source that hangs in the kernel', () => {
  it('answers while a job waits for it, and ends the job well once it answers', async () => {
    const { folder, world, service, id } = await waitingJob();
    await answersInTime(service);
    folder.heal();
    await until(async () => expect((await ask(service, `/v1/jobs/${id}`)).json()).toMatchObject({ state: 'succeeded' }));
    await isWell(service);
    await stopsWell(service, world);
  });

  it('stops when it is told to, with the job on record', async () => {
    const { folder, world, service, id } = await waitingJob();
    await answersInTime(service);
    service.kill('SIGTERM');
    await service.ended;
    folder.heal();
    const again = await serving(world);
    await until(async () => expect((await ask(again, `/v1/jobs/${id}`)).json()).toMatchObject({ state: 'succeeded' }));
    await stopsWell(again, world);
  });
});

describeWithHangs('a service with a tier that hangs in the kernel', () => {
  it('answers in time, and tells the tier again once it answers', async () => {
    const folder = await hangingFolder();
    const world = await modelFixture({ files, env: { ...env, WAN_TIERS: `cold=${join(folder.path, 'cold')}` } });
    await ensured(world);
    expect((await world.cli(['models', 'tier', 'move', MODEL, '--to', 'cold'])).code).toBe(0);
    await ensured(world);
    const service = await serving(world);
    folder.hang();
    const storage = async () => (await ask(service, '/health/storage?timeout_ms=500')).json<{ tiers: unknown[]; not_looked: string[] }>();
    expect((await storage()).not_looked).toContain('tiers');
    await answersInTime(service);
    folder.heal();
    await isWell(service);
    await until(async () => expect(await storage()).toMatchObject({ tiers: [{ name: 'cold' }], not_looked: [] }));
  });
});
