/** What processes on one MODELS_ROOT share: bandwidth, places for files, patience with hosts, and what sources lack. */
import { readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { type FaultServer, neverAnswer, rateLimited, resetAt, type SeenRequest, seeded, status } from '../servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const PATIENT = { timeout: 30_000, interval: 20 };
const [A, B] = ['alpha@1.0.0', 'beta@1.0.0'];
const MB = 2 ** 20;

function twoModels(sizeBytes: number, env: Readonly<Record<string, string>> = {}): Promise<ModelWorld> {
  const model = (seed: number) => ({ files: { 'w.bin': seeded(sizeBytes, seed) }, sources: ['http'] });
  return modelFixture({ models: { [A]: model(1), [B]: model(2) }, env });
}

/** Calls back at every request, before it is answered. */
const onRequest = (server: FaultServer, seen: (request: SeenRequest) => void): FaultServer =>
  server.fault('*', (_, request) => seen(request));

const requestsOf = (server: FaultServer, model: string): SeenRequest[] => server.requestsOf(`${model}/w.bin`);

describe('limit_rate', () => {
  it('is one limit for two processes', async () => {
    const sizeBytes = 12 * MB;
    const world = await twoModels(sizeBytes, { WAN_LIMIT_RATE: '4M' });
    const server = world.server();
    let both: { readonly ms: number; readonly leftBytes: number } | undefined;
    onRequest(server, () => {
      if ([A, B].some((model) => requestsOf(server, model).length === 0)) return;
      both ??= { ms: performance.now(), leftBytes: 2 * sizeBytes - server.sentBytes() };
    });
    const runs = [A, B].map((model) => world.start(['models', 'ensure', model, '--progress', 'none']));
    const rates = join(world.modelsRoot, '.state', 'rates');
    await vi.waitFor(() => expect(readdirSync(rates)).toHaveLength(2), PATIENT);
    expect((await Promise.all(runs.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
    // Each with the whole limit would need half of the time that the rest takes; for a second the first one may not know of the second.
    expect(performance.now() - (both?.ms ?? Number.NaN)).toBeGreaterThan((0.65 * 1000 * (both?.leftBytes ?? Number.NaN)) / (4 * MB));
    expect(readdirSync(rates)).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('gives the share of a killed process to the other', async () => {
    const world = await twoModels(6 * MB, { WAN_LIMIT_RATE: '1M' });
    const [dying, living] = [A, B].map((model) => world.start(['models', 'ensure', model, '--progress', 'none']));
    const rates = join(world.modelsRoot, '.state', 'rates');
    await vi.waitFor(() => expect(readdirSync(rates)).toHaveLength(2), PATIENT);
    dying?.child.kill('SIGKILL');
    await vi.waitFor(() => expect(readdirSync(rates)).toHaveLength(1), PATIENT);
    expect((await living?.ended)?.code).toBe(0);
  });

  it('follows wan.toml while a command runs, and names what is wrong there', async () => {
    const world = await twoModels(40 * MB);
    const toml = join(world.directory, 'wan.toml');
    await writeFile(toml, 'limit_rate = "100K"\n');
    const { child, ended } = world.start(['models', 'ensure', A, '--progress', 'json']);
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += String(text);
    });
    await vi.waitFor(() => expect(world.server().sentBytes()).toBeGreaterThan(0), PATIENT);
    await writeFile(toml, 'limit_rate = "08:00,fast 25:00,off"\n');
    await vi.waitFor(() => expect(stderr).toMatch(/\\"fast\\" is not a size, nor off; \\"25:00\\" is not a time/), PATIENT);
    await writeFile(toml, 'limit_rate = "off"\n');
    expect((await ended).code).toBe(0);
  });
});

describe('max_concurrent_downloads', () => {
  it('counts the files of all processes', async () => {
    const world = await twoModels(300_000, { WAN_MAX_CONCURRENT_DOWNLOADS: '1' });
    const server = world.server();
    server.latencyMs = 400;
    let most = 0;
    onRequest(server, () => {
      most = Math.max(most, new Set(server.requests.filter(({ done }) => !done).map(({ path }) => path)).size);
    });
    const runs = [A, B].map((model) => world.start(['models', 'ensure', model, '--progress', 'none']));
    expect((await Promise.all(runs.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
    expect(most).toBe(1);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('gives the place of a killed process to one that waits, which has said so', async () => {
    const world = await twoModels(300_000, { WAN_MAX_CONCURRENT_DOWNLOADS: '1' });
    const server = world.server().fault(`${A}/w.bin`, neverAnswer());
    const dying = world.start(['models', 'ensure', A, '--progress', 'none']);
    await vi.waitFor(() => expect(requestsOf(server, A)).not.toEqual([]), PATIENT);
    const waiting = world.start(['models', 'ensure', B, '--progress', 'json']);
    let stderr = '';
    waiting.child.stderr?.on('data', (text) => {
      stderr += String(text);
    });
    await vi.waitFor(() => expect(stderr).toContain('a download place'), PATIENT);
    expect(requestsOf(server, B)).toEqual([]);
    dying.child.kill('SIGKILL');
    expect((await waiting.ended).code).toBe(0);
  });
});

describe('a host that asks for patience', () => {
  it.each([
    ['Retry-After', rateLimited(4)],
    ['RateLimit', status(429, { headers: { ratelimit: '"api";r=0;t=3' } })],
    ['X-RateLimit-Reset, with 503', status(503, { headers: { 'x-ratelimit-reset': '4' } })],
  ])('of one process is not asked by another before the time is over: %s', async (_, refusal) => {
    const world = await twoModels(300_000, { WAN_RETRY_ATTEMPTS: '2' });
    const server = world.server();
    const seenMs = new Map<string, number[]>();
    server.fault(`${A}/w.bin`, refusal, { times: 1 });
    const at = Date.now();
    const one = world.start(['models', 'ensure', A, '--progress', 'none']);
    await vi.waitFor(() => expect(readdirSync(join(world.modelsRoot, '.state', 'hosts'))).toHaveLength(1), PATIENT);
    expect(requestsOf(server, A)).toHaveLength(1);
    onRequest(server, ({ path }) => seenMs.set(path, [...(seenMs.get(path) ?? []), Date.now() - at]));
    const two = world.start(['models', 'ensure', B, '--progress', 'none']);
    expect((await Promise.all([one.ended, two.ended])).map(({ code }) => code)).toEqual([0, 0]);
    for (const model of [A, B]) expect(Math.min(...(seenMs.get(`${model}/w.bin`) ?? []))).toBeGreaterThan(4000);
  });
});

describe('a host that fails again and again', () => {
  it('in one process is left alone by the next, and asked again where nobody else has the file', async () => {
    const names = ['alpha@1.0.0', 'beta@1.0.0', 'gamma@1.0.0', 'delta@1.0.0', 'last@1.0.0'];
    const models = Object.fromEntries(
      names.map((name, seed) => [
        name,
        { files: { 'w.bin': seeded(300_000, seed) }, sources: name === 'last@1.0.0' ? ['http:bad'] : ['http:bad', 'http:good'] },
      ]),
    );
    const world = await modelFixture({ models, env: { WAN_RETRY_ATTEMPTS: '1' } });
    const [bad, good] = [world.server('http:bad'), world.server('http:good')];
    bad.fault('*', resetAt(0));
    const ensure = (...wanted: readonly string[]) => world.cli(['models', 'ensure', ...wanted, '--progress', 'none']);
    expect((await ensure(...names.slice(0, 3))).code).toBe(0);
    const asked = bad.requests.length;
    expect(asked).toBeGreaterThanOrEqual(3);
    expect((await ensure('delta@1.0.0')).code).toBe(0);
    expect(bad.requests).toHaveLength(asked);
    expect(requestsOf(good, 'delta@1.0.0')).not.toEqual([]);
    bad.clearFaults();
    expect((await ensure('last@1.0.0')).code).toBe(0);
    expect(bad.requests.length).toBeGreaterThan(asked);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('a source without a file', () => {
  it('is not asked for it again by the next process, but where --force says so or nothing is to be remembered', async () => {
    const world = await modelFixture({ files: { 'w.bin': seeded(300_000, 3) }, sources: ['http:first', 'http:second'] });
    const [first, second] = [world.server('http:first'), world.server('http:second')];
    first.fault('*', status(404));
    const isFirstAsked = async (args: readonly string[], env = {}): Promise<boolean> => {
      await rm(world.modelDir(), { recursive: true, force: true });
      await rm(join(world.modelsRoot, '.blobs'), { recursive: true, force: true });
      const before = first.requests.length;
      const { code } = await world.cli(['models', 'ensure', MODEL, '--progress', 'none', ...args], env);
      expect(code).toBe(0);
      return first.requests.length > before;
    };
    expect(await isFirstAsked([])).toBe(true);
    expect(await isFirstAsked([])).toBe(false);
    expect(await isFirstAsked(['--force'])).toBe(true);
    expect(await isFirstAsked([], { WAN_NEGATIVE_CACHE_TTL: 'off' })).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    // The one that it was put behind is gone: it is asked after all, and has the file again.
    first.clearFaults();
    second.fault('*', status(404));
    expect(await isFirstAsked([])).toBe(true);
  });
});
