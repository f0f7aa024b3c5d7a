/** Requirement 4: atomic downloads, safe among processes. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import type { ModelEvent } from '../../src/domain/events.ts';
import { seeded, status } from '../servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../support/model-fixture.ts';

const KIB = 1024;
const files = {
  'model_index.json': '{"a":1}',
  'unet/model.safetensors': seeded(1500 * KIB, 1),
  'vae/model.safetensors': seeded(700 * KIB + 5, 2),
};
const total = 7 + 2200 * KIB + 5;
/** One byte of each file may be asked for first, to see where redirects lead. */
const probes = Object.keys(files).length;
const ENSURE = ['models', 'ensure', MODEL, '--json', '--progress', 'none'];

async function expectWhole(world: ModelWorld): Promise<void> {
  for (const [path, content] of Object.entries(files)) expect(await readFile(join(world.modelDir(), path))).toEqual(textOf(content));
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
}

/** Resolves once `seen` is true; fails the test when it takes too long. */
async function until(what: string, seen: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!seen()) {
    if (Date.now() > deadline) throw new Error(`not seen in time: ${what}`);
    await sleep(5);
  }
}

const partialsIn = (world: ModelWorld): string[] => {
  const tmp = join(world.modelsRoot, '.tmp');
  return existsSync(tmp) ? readdirSync(tmp, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part')) : [];
};

describe('requirement 4', () => {
  it('4.1 a first download goes to a temporary directory on the same volume, and takes only the required files', async () => {
    const lora = { content: seeded(900 * KIB, 3), keys: { component: 'lora' } };
    const world = await modelFixture({
      files: { ...files, 'lora/extra.safetensors': lora },
      sources: ['http'],
      keys: { optional_components: ['lora'] },
    });
    world.server().bytesPerSecond = 800 * KIB;
    const ensuring = (await world.orchestrator()).ensure(MODEL);
    await until('a partial', () => partialsIn(world).length >= 2);
    expect(existsSync(world.modelDir())).toBe(false);
    world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
    await ensuring;
    expect(partialsIn(world)).toEqual([]);
    expect(world.server().requestsOf(`${MODEL}/lora/extra.safetensors`)).toEqual([]);
    await expectWhole(world);
  });

  it('4.2 the final directory appears in one step, complete', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().bytesPerSecond = 2500 * KIB;
    const { child, ended } = world.start(ENSURE);
    const sights = new Set<string>();
    let absent = 0;
    while (child.exitCode === null && child.signalCode === null) {
      if (existsSync(world.modelDir())) sights.add(readdirSync(world.modelDir(), { recursive: true, encoding: 'utf8' }).sort().join());
      else absent++;
      await sleep(1);
    }
    expect((await ended).code).toBe(0);
    expect(absent).toBeGreaterThan(20);
    expect([...sights].slice(0, 2)).toEqual(
      sights.size === 0 ? [] : ['.verified.json,model_index.json,unet,unet/model.safetensors,vae,vae/model.safetensors'],
    );
    await expectWhole(world);
  });

  it('4.2 replacing a model leaves no moment without it', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    await (await world.orchestrator()).ensure(MODEL);
    const changed = { ...files, 'model_index.json': '{"a":2}' };
    await world.write({ [MODEL]: { files: changed, sources: ['http'] } });
    const { child, ended } = world.start(ENSURE);
    const seen = new Set<string>();
    while (child.exitCode === null && child.signalCode === null) {
      seen.add(await readFile(join(world.modelDir(), 'model_index.json'), 'utf8').catch(() => 'absent'));
    }
    expect((await ended).code).toBe(0);
    expect([...seen].filter((text) => text !== '{"a":1}' && text !== '{"a":2}')).toEqual([]);
    expect(await readFile(join(world.modelDir(), 'model_index.json'), 'utf8')).toBe('{"a":2}');
  });

  it('4.3 multiple processes that request the same model: one downloads, the others wait', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().bytesPerSecond = 1500 * KIB;
    const runs = await Promise.all(Array.from({ length: 4 }, () => world.cli(ENSURE)));
    expect(runs.map(({ code, stdout }) => (code === 0 ? 0 : stdout))).toEqual([0, 0, 0, 0]);
    const fetched = runs.map((run) => run.json<{ data: { results: { fetched_bytes: number }[] } }>().data.results[0]?.fetched_bytes);
    expect(fetched.filter((bytes) => bytes === total)).toHaveLength(1);
    expect(fetched.filter((bytes) => bytes === 0)).toHaveLength(3);
    expect(world.server().sentBytes()).toBeLessThanOrEqual(total + probes);
    await expectWhole(world);
  });

  it('4.4 a download killed on its way goes on from the pieces that it held', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().bytesPerSecond = 400 * KIB;
    const { child, ended } = world.start(ENSURE);
    await until('a megabyte on its way', () => world.server().sentBytes() > 1000 * KIB);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(world.modelDir())).toBe(false);
    const orchestrator = await world.orchestrator();
    const { state, bytesHeld, bytesNeeded } = await orchestrator.status(MODEL);
    expect(state).toBe('PARTIAL');
    expect(bytesHeld).toBeGreaterThanOrEqual(256 * KIB);

    world.server().requests.length = 0;
    world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
    const { fetchedBytes } = await orchestrator.ensureDetailed(MODEL);
    expect(fetchedBytes).toBe(bytesNeeded);
    expect(bytesNeeded).toBeLessThanOrEqual(total - bytesHeld);
    expect(world.server().sentBytes()).toBeLessThanOrEqual(bytesNeeded + probes);
    expect(partialsIn(world)).toEqual([]);
    await expectWhole(world);
  });

  it('4.5 files that lie in the place of the model count for nothing until they are proven', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    for (const [path, content] of Object.entries(files)) {
      const bytes = textOf(content);
      if (path === 'vae/model.safetensors') bytes[1000] = (bytes[1000] ?? 0) ^ 1;
      await mkdir(dirname(join(world.modelDir(), path)), { recursive: true });
      await writeFile(join(world.modelDir(), path), bytes);
    }
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.status(MODEL)).state).toBe('PARTIAL');
    await orchestrator.ensure(MODEL);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    await expectWhole(world);
  });

  it('4.6 locks are those of the operating system: a killed holder blocks nobody', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().latencyMs = 60_000;
    const holder = world.start(ENSURE);
    await until('a request', () => world.server().requests.length > 0);
    const waiter = world.start([...ENSURE.slice(0, -1), 'json']);
    let told = '';
    waiter.child.stderr?.on('data', (text: Buffer) => {
      told += text.toString();
    });
    await until('the waiter waits for the holder', () => told.includes(`"pid":${holder.child.pid}`));
    world.server().latencyMs = 0;
    holder.child.kill('SIGKILL');
    const killedAt = Date.now();
    expect((await waiter.ended).code).toBe(0);
    expect(Date.now() - killedAt).toBeLessThan(10_000);
    await holder.ended;
    await expectWhole(world);
  });

  it('4.6 a lock that stays held ends a bounded wait with LOCK_TIMEOUT and who holds it', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().latencyMs = 60_000;
    const holder = world.start(ENSURE);
    await until('a request', () => world.server().requests.length > 0);
    const ran = await world.cli(ENSURE, { WAN_LOCK_TIMEOUT: '0.5s' });
    expect(ran.code).toBe(7);
    expect(ran.json().error).toMatchObject({ code: 'LOCK_TIMEOUT', message: expect.stringContaining(`pid ${holder.child.pid}`) });
  });

  it.each([1, 2])('4.7 with max_concurrent_downloads = %i no more files than that are in transfer', async (limit) => {
    const many = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`part-${n}.bin`, seeded(20_000 + n, n)]));
    const world = await modelFixture({ files: many, sources: ['http'], env: { WAN_MAX_CONCURRENT_DOWNLOADS: String(limit) } });
    const server = world.server();
    server.latencyMs = 30;
    let most = 0;
    server.fault('*', () => {
      most = Math.max(most, new Set(server.requests.filter(({ done }) => !done).map(({ path }) => path)).size);
    });
    await (await world.orchestrator()).ensure(MODEL);
    expect(most).toBe(limit);
  });

  it('4.8 each source is tried again after exponential, jittered waits of its own', async () => {
    const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [`${name}.bin`, name.repeat(4)]));
    const world = await modelFixture({
      files: many,
      sources: ['http:first', 'http:second'],
      env: { WAN_RETRY_ATTEMPTS: '2', WAN_RETRY_BACKOFF_FACTOR: '1.5', WAN_MAX_CONCURRENT_DOWNLOADS: '6' },
    });
    world.server('http:first').fault('*', status(503));
    world.server('http:second').fault('*', status(503), { times: 2 });
    const events: ModelEvent[] = [];
    await (await world.orchestrator({ sinks: [(event) => events.push(event)] })).ensure(MODEL);
    const waits = events.flatMap((event) => (event.type === 'retry.scheduled' ? [event] : []));
    const first = `${world.server('http:first').url}/${MODEL}`;
    for (const file of Object.keys(many)) {
      const ofFirst = waits.filter((wait) => wait.source === first && wait.file === file);
      expect(ofFirst.map(({ attempt }) => attempt)).toEqual([1, 2]);
      for (const { attempt, delayMs } of ofFirst) expect(delayMs).toBeLessThanOrEqual(500 * 1.5 ** (attempt - 1));
      expect(world.server('http:first').requestsOf(`${MODEL}/${file}`).length).toBeGreaterThanOrEqual(3);
    }
    expect(waits.some(({ source }) => source !== first)).toBe(true);
    const firstWaits = waits.filter(({ source, attempt }) => source === first && attempt === 1);
    expect(new Set(firstWaits.map(({ delayMs }) => delayMs)).size).toBeGreaterThan(1);
  });
});
