/** The log of the built command and of the service: every line as its schema says, and all of one call under one id. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { seeded, status, wrongBytesAt } from '../servers/http/fault-server.ts';
import { linesOf, logLines } from '../support/log-lines.ts';
import { MODEL, type ModelWorld, modelFixture, type Ran } from '../support/model-fixture.ts';

const FILES = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(700_000, 1) };
const VAE = `${MODEL}/vae/model.safetensors`;
const BYTES = 700_002;
const JSON_LOG = ['--log-format', 'json', '--log-level', 'debug', '--progress', 'none'];

const worldOf = (sources = ['http:one', 'http:two'], env = {}): Promise<ModelWorld> =>
  modelFixture({ files: FILES, sources, keys: { variants: ['fp16'], default_variant: 'fp16' }, env });

const ensure = (world: ModelWorld, env = {}, more: readonly string[] = []): Promise<Ran> =>
  world.cli(['models', 'ensure', MODEL, ...JSON_LOG, ...more], env);

const PATIENT = { timeout: 50_000, interval: 50 };

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there yet');
  return value;
}

/** The audit log of a world, as it lies on disk. */
const auditOf = (world: ModelWorld): string => readFileSync(join(world.modelsRoot, '.state', 'audit', 'audit-000001.jsonl'), 'utf8');

/** Standard error ends with the error as people read it; the log is what is JSON. */
const jsonPart = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .join('\n');

describe('the log of an ensure', () => {
  it('has all fields of the design on its last line, and one id on every line', async () => {
    const world = await worldOf();
    const ran = await ensure(world, { WAN_CORRELATION_ID: 'req-123456' });
    expect(ran.code).toBe(0);
    const lines = logLines(ran.stderr);
    expect(new Set(lines.map((line) => `${line.correlation_id} ${line.model_id} ${line.variant}`))).toEqual(
      new Set([`req-123456 ${MODEL} fp16`]),
    );
    expect(linesOf(lines, 'ensure.finished')).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: 'Model download completed',
        source: expect.stringContaining(world.server('http:one').url),
        duration_seconds: expect.any(Number),
        bytes_downloaded: BYTES,
        files_downloaded: 2,
      }),
    ]);
    expect(auditOf(world)).toContain('"correlation_id":"req-123456"');
  });

  it('tells of each source that failed while the work went on from the next one', async () => {
    const world = await worldOf();
    world.server('http:one').fault(VAE, status(503));
    const ran = await ensure(world, {}, ['--correlation-id', 'job-7']);
    expect(ran.code).toBe(0);
    const lines = logLines(ran.stderr);
    expect(linesOf(lines, 'source.failed')).toEqual([
      expect.objectContaining({
        level: 'WARN',
        correlation_id: 'job-7',
        model_id: MODEL,
        variant: 'fp16',
        source: expect.stringContaining(world.server('http:one').url),
        file: 'vae/model.safetensors',
        duration_seconds: expect.any(Number),
        bytes_downloaded: expect.any(Number),
        error_code: 'SOURCE_UNAVAILABLE',
      }),
    ]);
    const [finished] = linesOf(lines, 'ensure.finished');
    expect(finished?.source?.split(', ')).toHaveLength(2);
    expect(finished?.bytes_downloaded).toBe(BYTES);
  });

  it('tells of a failure what came all the same, how long it took, and under which id it is found', async () => {
    const world = await worldOf(['http:one']);
    world.server('http:one').fault(VAE, wrongBytesAt(3));
    const ran = await ensure(world, { WAN_CORRELATION_ID: 'req-9' }, ['--json']);
    expect(ran.code).toBe(5);
    const lines = logLines(jsonPart(ran.stderr));
    expect(linesOf(lines, 'ensure.failed')).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        correlation_id: 'req-9',
        model_id: MODEL,
        variant: 'fp16',
        source: expect.stringContaining(world.server('http:one').url),
        duration_seconds: expect.any(Number),
        bytes_downloaded: expect.any(Number),
        files_downloaded: expect.any(Number),
        error_code: 'CHECKSUM_FAIL',
      }),
    ]);
    expect(linesOf(lines, 'ensure.failed')[0]?.bytes_downloaded).toBeGreaterThanOrEqual(700_000);
    expect(ran.json()).toMatchObject({ ok: false, correlation_id: 'req-9' });
  });

  it('has a line also for a model that no manifest knows', async () => {
    const world = await worldOf();
    await using orchestrator = await world.orchestrator();
    const events: string[] = [];
    const onEvent = ({ type, correlationId, model }: { type: string; correlationId: string; model?: string }) =>
      events.push(`${type} ${correlationId} ${model}`);
    await expect(orchestrator.ensure('nobody@1.0.0', { correlationId: 'c', onEvent })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(events).toContain('ensure.failed c nobody@1.0.0');
  });

  it('refuses an id that is not fit for a log', async () => {
    const world = await worldOf();
    for (const bad of ['a b', 'x\ny', '-rf', 'a'.repeat(65), '{"level":"ERROR"}']) {
      expect((await ensure(world, {}, [`--correlation-id=${bad}`])).code, bad).toBe(2);
      expect((await ensure(world, { WAN_CORRELATION_ID: bad })).code, bad).toBe(2);
    }
  });

  it('is for people where they ask for it; its level is that of the flag, over that of the environment', async () => {
    const world = await worldOf();
    const ran = await world.cli(['models', 'ensure', MODEL, '--log-format', 'human', '--log-level', 'warn', '--progress', 'none'], {
      WAN_LOG_LEVEL: 'debug',
    });
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect((await world.cli(['models', 'rm', MODEL])).code).toBe(0);
    const human = await world.cli(['models', 'ensure', MODEL, '--log-format', 'human', '--progress', 'none']);
    expect(human.stderr).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}t2v-tiny@2\.2\.0@fp16: Model download completed in [\d.]+ s \[[\w-]+\]$/m);
  });
});

describe('the log of a service', () => {
  it('ties request, job, download and audit line together by the id that the caller sent', async () => {
    const world = await worldOf(['http:one'], { MODEL_API_PORT: '0', WAN_API_ANONYMOUS: 'write', WAN_LOG_LEVEL: 'debug' });
    const { child, ended } = world.start(['serve', '--log-format', 'json']);
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const whole = () => logLines(text.slice(0, text.lastIndexOf('\n') + 1));
    const url = await vi.waitFor(() => found(/listening on (http:\/\/[\d.]+:\d+)/.exec(text)?.[1]), PATIENT);
    const answer = await fetch(`${url}/models/download`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-correlation-id': 'order-66' },
      body: JSON.stringify({ model_id: MODEL }),
    });
    expect(answer.status).toBe(200);
    await vi.waitFor(() => expect(whole()).toContainEqual(expect.objectContaining({ job_state: 'succeeded' })), PATIENT);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await ended;
    const lines = whole().filter((line) => line.correlation_id === 'order-66');
    const told = (event: string) => expect.objectContaining({ event });
    for (const event of ['http.answered', 'job.changed', 'ensure.started', 'file.finished', 'ensure.finished'])
      expect(lines).toContainEqual(told(event));
    expect(linesOf(lines, 'job.changed').at(-1)).toMatchObject({
      job_state: 'succeeded',
      model_id: MODEL,
      source: expect.stringContaining(world.server('http:one').url),
      duration_seconds: expect.any(Number),
      bytes_downloaded: BYTES,
      files_downloaded: 2,
    });
    expect(linesOf(lines, 'http.answered')).toEqual([
      expect.objectContaining({ method: 'POST', route: '/models/download', status: 200, duration_seconds: expect.any(Number) }),
    ]);
    expect(auditOf(world)).toContain('"correlation_id":"order-66"');
  });

  it('says of a request that failed what every line says of a failure, without the secrets that it held', async () => {
    const world = await worldOf(['http:one'], { MODEL_API_PORT: '0', WAN_LOG_LEVEL: 'debug' });
    const { child, ended } = world.start(['serve', '--log-format', 'json']);
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const url = await vi.waitFor(() => found(/listening on (http:\/\/[\d.]+:\d+)/.exec(text)?.[1]), PATIENT);
    const secret = 'hf_oQ3vXk9LmT7cPzR2wB5nYdGsJhUeAiFx';
    expect((await fetch(`${url}/v1/models/${secret}?token=${secret}`)).status).toBe(404);
    await vi.waitFor(() => expect(text).toContain('http.answered'), PATIENT);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await ended;
    expect(linesOf(logLines(text), 'http.answered')).toEqual([
      expect.objectContaining({ status: 404, error_code: 'MODEL_NOT_FOUND', retryable: false, hint: expect.any(String) }),
    ]);
    expect(text).toContain('hf******');
    expect(text).not.toContain(secret.slice(5, 20));
  });
});
