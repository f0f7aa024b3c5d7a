/** Requirement 12: errors and logs, as far as the library and the command show it. */
import { describe, expect, it } from 'vitest';
import type { ModelEvent } from '../../src/domain/events.ts';
import { modelsHealth } from '../../src/service/contract/health.ts';
import { allOf, type Fault, rateLimited, seeded, status } from '../servers/http/fault-server.ts';
import { census } from '../support/census.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { testService } from '../support/test-service.ts';

const files = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(5000, 1) };
const VAE = `${MODEL}/vae/model.safetensors`;

describe('requirement 12', () => {
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
});
