/** Requirement 12: errors and logs, as far as the library and the command show it. */
import { describe, expect, it } from 'vitest';
import type { ModelEvent } from '../../src/domain/events.ts';
import { modelsHealth } from '../../src/service/contract/health.ts';
import { allOf, type Fault, rateLimited, seeded, status } from '../servers/http/fault-server.ts';
import { census } from '../support/census.ts';
import { counted } from '../support/counted.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { testService } from '../support/test-service.ts';

const files = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(5000, 1) };
const VAE = `${MODEL}/vae/model.safetensors`;

describe('requirement 12', () => {
  it('12.1 downloads are counted as started, completed and failed, with duration and bytes', async () => {
    const world = await modelFixture({
      models: { [MODEL]: { files, sources: ['http'] }, 'lost@1.0.0': { files: { 'a.bin': 'a' }, sources: ['http'] } },
    });
    world.server().fault('lost@1.0.0/a.bin', status(404));
    expect((await world.cli(['models', 'ensure', 'lost@1.0.0'])).code).toBe(4);
    expect((await world.cli(['models', 'ensure', MODEL])).code).toBe(0);
    const sums = new Map<string, number>();
    for (const [series, value] of await counted(world)) {
      const name = [series.split('{')[0], ...(/status="(\w+)"/.exec(series) ?? []).slice(1)].join(' ');
      sums.set(name, (sums.get(name) ?? 0) + value);
    }
    expect(['started', 'failed', 'completed'].map((state) => sums.get(`model_downloads_total ${state}`))).toEqual([2, 1, 1]);
    expect(sums.get('model_download_duration_seconds_count')).toBe(1);
    expect(sums.get('model_download_bytes_total')).toBe(5002);
  });

  it.each([
    [401, 'AUTH_FAIL', 8],
    [429, 'RATE_LIMIT', 4],
    [404, 'SOURCE_UNAVAILABLE', 4],
  ])('12.2 an answer with status %i is %s', async (http, code, exit) => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().fault(VAE, status(http));
    const ran = await world.cli(['models', 'ensure', MODEL, '--json']);
    expect([ran.code, ran.json().error.code]).toEqual([exit, code]);
  });

  it('12.3 a rate limit is waited for as long as the source asks, and the retry is in the log', async () => {
    const world = await modelFixture({ files, sources: ['http'], env: { WAN_RETRY_ATTEMPTS: '2' } });
    const times: number[] = [];
    const noteTime: Fault = () => times.push(performance.now());
    world
      .server()
      .fault(VAE, allOf(rateLimited(1), noteTime), { times: 1 })
      .fault(VAE, noteTime);
    const ran = await world.cli(['models', 'ensure', MODEL, '--log-format', 'json', '--log-level', 'debug', '--progress', 'none']);
    expect(ran.code).toBe(0);
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThan(990);
    expect(ran.stderr).toMatch(/retry/i);
    expect(ran.stderr).toContain('vae/model.safetensors');
  });

  it('12.4 health endpoints tell each model, in time, and change nothing on disk', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const { ask } = await testService(world);
    const before = census(world.directory);
    const answer = await ask('/health/models?dry_run=true');
    expect(answer.as(modelsHealth)).toMatchObject({ status: 'degraded', complete: true, missing_models: 1, total_bytes_needed: 5002 });
    expect((await ask(`/health/models/${MODEL}`)).json()).toMatchObject({ status: 'NOT_PRESENT', bytes_needed: 5002 });
    expect((await ask('/health/storage')).json()).toMatchObject({ status: 'healthy' });
    expect(census(world.directory)).toEqual(before);
    expect(world.server().requests).toEqual([]);
  });

  it('12.6 every event of a call carries its correlation id and model', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const events: ModelEvent[] = [];
    await (await world.orchestrator()).ensure(MODEL, { correlationId: 'request-17', onEvent: (event) => events.push(event) });
    expect(events.length).toBeGreaterThan(3);
    expect(new Set(events.map(({ correlationId, model }) => `${correlationId} ${model}`))).toEqual(new Set([`request-17 ${MODEL}`]));
  });

  it('12.6 every line of the log is one JSON object with the same correlation id', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const ran = await world.cli([
      'models',
      'ensure',
      MODEL,
      '--log-format',
      'json',
      '--log-level',
      'debug',
      '--progress',
      'none',
      '--json',
    ]);
    const records = ran.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { correlation_id: string; model: string });
    expect(records.length).toBeGreaterThan(1);
    expect(new Set(records.map(({ correlation_id }) => correlation_id)).size).toBe(1);
    expect(records[0]?.correlation_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('12.6 the end of a download is logged with every field of the design', async () => {
    const world = await modelFixture({ files, sources: ['http'], keys: { variants: ['fp16'], default_variant: 'fp16' } });
    const ran = await world.cli(['models', 'ensure', MODEL, '--log-format', 'json', '--progress', 'none']);
    const records = ran.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.find(({ message }) => message === 'Model download completed')).toMatchObject({
      timestamp: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      level: 'INFO',
      correlation_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      model_id: MODEL,
      variant: 'fp16',
      source: `${world.server().url}/${MODEL}`,
      duration_seconds: expect.any(Number),
      bytes_downloaded: 5002,
      files_downloaded: 2,
    });
  });
});
