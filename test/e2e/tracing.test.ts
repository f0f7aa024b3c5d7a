/** Traces and metrics as a collector gets them from the built command and the service. */
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { seeded, status, throttled } from '../servers/http/fault-server.ts';
import { attributesOf, OtlpReceiver, type ReceivedSpan } from '../servers/otlp-receiver.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { serving } from '../support/running-service.ts';

const PATIENT = { timeout: 50_000, interval: 50 };
const VAE = 'vae/model.safetensors';
const FILES = { 'model_index.json': '{}', [VAE]: seeded(700_000, 1) };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = `00-${TRACE}-b7ad6b7169203331-01`;
const SECRET = 'c0llectorSecret0123456789';

const worldOf = (sources = ['http:one', 'http:two'], env = {}): Promise<ModelWorld> =>
  modelFixture({ files: FILES, sources, keys: { variants: ['fp16'], default_variant: 'fp16' }, env });

const sending = ({ url }: OtlpReceiver) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
const ensure = (world: ModelWorld, env: Readonly<Record<string, string>>) => world.cli(['models', 'ensure', MODEL], env);
const nano = (text: string): bigint => BigInt(text);

/** Spans with the way down to them, sorted: `ensure / file / source`. */
function treeOf(spans: readonly ReceivedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const pathOf = (span: ReceivedSpan): string => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent === undefined ? span.name : `${pathOf(parent)} / ${span.name}`;
  };
  return spans.map(pathOf).sort();
}

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] => spans.filter((span) => span.name === name);

describe('traces of a command', () => {
  it('are a tree of the ensure, its files, their sources and requests, under whoever called', async () => {
    const [world, receiver] = [await worldOf(), await OtlpReceiver.start()];
    world.server('http:one').fault(`${MODEL}/${VAE}`, status(503));
    const ran = await ensure(world, { ...sending(receiver), TRACEPARENT: CALLER, WAN_CORRELATION_ID: 'req-5' });
    expect([ran.code, ran.stderr.includes('warning')]).toEqual([0, false]);
    const { spans } = receiver;
    const tree = treeOf(spans);
    const inEnsure = 'wan models ensure / ensure';
    for (const path of [
      'wan models ensure',
      inEnsure,
      `${inEnsure} / plan`,
      `${inEnsure} / publish`,
      `${inEnsure} / file`,
      `${inEnsure} / file / hash`,
      `${inEnsure} / file / source`,
      `${inEnsure} / file / source / range`,
    ])
      expect(tree).toContain(path);
    expect(tree.every((path) => path.startsWith('wan models ensure'))).toBe(true);
    expect(tree.filter((path) => path.endsWith('/ file'))).toHaveLength(2);
    // Both may begin within one millisecond.
    const sources = named(spans, 'source')
      .map(attributesOf)
      .filter((span) => span['wan.file'] === VAE)
      .map((span) => [span['wan.source'], span['wan.outcome']]);
    const at = (name: string) => expect.stringContaining(world.server(name).url);
    expect(sources).toHaveLength(2);
    expect(sources).toContainEqual([at('http:one'), 'failed']);
    expect(sources).toContainEqual([at('http:two'), 'complete']);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(named(spans, 'wan models ensure')[0]?.parentSpanId).toBe('b7ad6b7169203331');
    expect(new Set(spans.map((span) => attributesOf(span)['wan.correlation_id']))).toEqual(new Set(['req-5']));
  });

  it('say which source failed, with what, and that the ensure went well', async () => {
    const [world, receiver] = [await worldOf(), await OtlpReceiver.start()];
    world.server('http:one').fault(`${MODEL}/${VAE}`, status(503));
    await ensure(world, sending(receiver));
    const { spans } = receiver;
    const failed = spans.filter(({ status: { code } }) => code === 2).map((span) => [span.name, attributesOf(span)['wan.source']]);
    const one = expect.stringContaining(world.server('http:one').url);
    expect(failed).toContainEqual(['source', one]);
    expect(failed.every(([name]) => name === 'source' || name === 'range')).toBe(true);
    const [root] = named(spans, 'ensure');
    expect(root && attributesOf(root)).toMatchObject({ 'wan.model_id': MODEL, 'wan.variant': 'fp16', 'wan.published': true });
    expect(Number(root && attributesOf(root)['wan.bytes_downloaded'])).toBe(700_002);
  });

  it('have children that lie within their parents, and files that take as long as they took', async () => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    world.server('http:one').fault(`${MODEL}/${VAE}`, throttled(1_400_000));
    await ensure(world, sending(receiver));
    const { spans } = receiver;
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    for (const span of spans) {
      expect(nano(span.endTimeUnixNano) >= nano(span.startTimeUnixNano), span.name).toBe(true);
      const parent = byId.get(span.parentSpanId ?? '');
      if (parent === undefined) continue;
      // Events tell milliseconds.
      expect(nano(span.startTimeUnixNano) + 2_000_000n >= nano(parent.startTimeUnixNano), `${parent.name} / ${span.name}`).toBe(true);
      expect(nano(span.endTimeUnixNano) <= nano(parent.endTimeUnixNano) + 2_000_000n, `${parent.name} / ${span.name}`).toBe(true);
    }
    const vae = named(spans, 'file').find((span) => attributesOf(span)['wan.file'] === VAE);
    expect(vae && Number(nano(vae.endTimeUnixNano) - nano(vae.startTimeUnixNano)) / 1e6).toBeGreaterThan(300);
  });

  it('of a failure end all with its code', async () => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    world.server('http:one').fault(`${MODEL}/${VAE}`, status(403));
    expect((await ensure(world, sending(receiver))).code).toBe(8);
    const errors = Object.fromEntries(receiver.spans.map((span) => [span.name, attributesOf(span)['error.type']]));
    expect(errors).toMatchObject({ 'wan models ensure': 'AUTH_FAIL', ensure: 'AUTH_FAIL', source: 'AUTH_FAIL' });
  });

  it('go to the collector with the headers of the environment, which nothing else ever says', async () => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    const ran = await world.cli(['models', 'ensure', MODEL, '--log-format', 'json', '--log-level', 'debug'], {
      ...sending(receiver),
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SECRET},x-tenant=a`,
      OTEL_SERVICE_NAME: 'gpu-7',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test,team=video%20lab',
    });
    expect(receiver.posted.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces']);
    for (const { headers } of receiver.posted) expect(headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'x-tenant': 'a' });
    for (const resource of receiver.resources)
      expect(resource).toMatchObject({ 'service.name': 'gpu-7', 'deployment.environment': 'test', team: 'video lab' });
    expect(`${ran.stdout}${ran.stderr}${receiver.posted.map(({ body }) => body).join('')}`).not.toContain(SECRET);
    const shown = await world.cli(['config', 'show', '--json'], { OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SECRET}` });
    expect(shown.stdout + shown.stderr).not.toContain(SECRET);
  });

  it.each([
    [{ OTEL_SDK_DISABLED: 'true' }, []],
    [{ OTEL_TRACES_EXPORTER: 'none' }, ['/v1/metrics']],
    [{ OTEL_METRICS_EXPORTER: 'none' }, ['/v1/traces']],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, ['/v1/metrics']],
    [{ TRACEPARENT: CALLER.replace(/01$/, '00') }, ['/v1/metrics']],
  ])('heed %o', async (env, paths) => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    expect((await ensure(world, { ...sending(receiver), ...env })).code).toBe(0);
    expect(receiver.posted.map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    ['is not there', 1, 'http://127.0.0.1:9'],
    ['never answers', 0, undefined],
    ['refuses', 401, undefined],
  ])('cost no command its end where the collector %s: it is said once', async (_, code, url) => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    receiver.status = code;
    const ran = await world.cli(['models', 'ensure', MODEL, '--json', '--progress', 'none'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: url ?? receiver.url,
    });
    expect(ran.code).toBe(0);
    expect(ran.json().ok).toBe(true);
    expect(ran.stderr.match(/warning: .*(?:not sent|not all was sent)/g)).toHaveLength(1);
  });

  it('are not begun for grpc, which is said', async () => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    const ran = await ensure(world, { ...sending(receiver), OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    expect([ran.code, receiver.posted]).toEqual([0, []]);
    expect(ran.stderr).toContain('only http/json is spoken');
  });
});

describe('the trace context at a source', () => {
  it('is sent only where trace_sources says so', async () => {
    const headersOf = async (env: Readonly<Record<string, string>>) => {
      const world = await worldOf(['http:one']);
      await ensure(world, { TRACEPARENT: CALLER, ...env });
      return world.server('http:one').requests.map(({ headers }) => headers.traceparent);
    };
    expect(new Set(await headersOf({}))).toEqual(new Set([undefined]));
    expect(new Set(await headersOf({ WAN_TRACE_SOURCES: 'true' }))).toEqual(new Set([CALLER]));
  });
});

describe('metrics of a command', () => {
  it('have the names, labels and numbers of /metrics', async () => {
    const [world, receiver] = [await worldOf(['http:one']), await OtlpReceiver.start()];
    await ensure(world, sending(receiver));
    const shown = (await world.cli(['metrics', '--json'])).json<{
      data: { metrics: { name: string; samples: { labels: object; value?: number; sum?: number }[] }[] };
    }>();
    const counters = shown.data.metrics.filter(({ name }) => /^model_download(?:s|_bytes)_total$/.test(name));
    expect(counters).toHaveLength(2);
    for (const { name, samples } of counters) {
      const points = receiver.metrics.find((metric) => metric.name === name)?.sum?.dataPoints ?? [];
      const numbers = points.map((point) => ({ labels: attributesOf(point), value: Number(point.asDouble ?? point.asInt) }));
      expect(numbers).toEqual(samples.map(({ labels, value }) => ({ labels, value })));
    }
    const [duration] = receiver.metrics.find(({ name }) => name === 'model_download_duration_seconds')?.histogram?.dataPoints ?? [];
    expect([Number(duration?.count), duration?.bucketCounts?.map(Number).reduce((sum, one) => sum + one, 0)]).toEqual([1, 1]);
  });
});

describe('traces of a service', () => {
  it('go from the request through its job to the download, under the caller', async () => {
    const receiver = await OtlpReceiver.start();
    const env = { ...sending(receiver), MODEL_API_PORT: '0', WAN_API_ANONYMOUS: 'write', WAN_METRIC_EXPORT_INTERVAL: '100ms' };
    const world = await worldOf(['http:one'], env);
    const { child, ended } = world.start(['serve', '--log-format', 'json']);
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    const url = await vi.waitFor(() => {
      const [, found] = /listening on (http:\/\/[\d.]+:\d+)/.exec(log) ?? [];
      if (found === undefined) throw new Error(`not listening yet: ${log}`);
      return found;
    }, PATIENT);
    const headers = { 'content-type': 'application/json', traceparent: CALLER };
    await fetch(`${url}/models/download`, { method: 'POST', headers, body: JSON.stringify({ model_id: MODEL }) });
    await vi.waitFor(() => expect(log).toContain('"job_state":"succeeded"'), PATIENT);
    await vi.waitFor(() => expect(receiver.metrics.map(({ name }) => name)).toContain('model_storage_bytes_used'), PATIENT);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect((await ended).code).toBe(0);
    const spans = receiver.spans.filter(({ traceId }) => traceId === TRACE);
    const tree = treeOf(spans);
    const request = 'POST /models/download';
    for (const path of [request, `${request} / job`, `${request} / job / ensure`, `${request} / job / ensure / file / source / range`])
      expect(tree).toContain(path);
    expect(attributesOf(named(spans, request)[0] as ReceivedSpan)).toMatchObject({ 'http.route': '/models/download' });
    expect(log).not.toContain('otlp_not_sent');
  });

  it('have a request whose client left, with an end', async () => {
    const receiver = await OtlpReceiver.start();
    const env = { ...sending(receiver), WAN_LOG_FORMAT: 'json', WAN_LOG_LEVEL: 'debug' };
    const service = await serving(await worldOf(['http:one'], env));
    const watching = new AbortController();
    const answer = await fetch(`${service.url}/v1/events`, { signal: watching.signal, headers: { traceparent: CALLER } });
    watching.abort();
    await expect(answer.text()).rejects.toThrow();
    await vi.waitFor(() => expect(service.lines().map(({ aborted }) => aborted)).toContain(true), PATIENT);
    service.kill('SIGTERM');
    await service.ended;
    const [span] = named(receiver.spans, 'GET /v1/events');
    expect(span && attributesOf(span)).toMatchObject({ 'wan.aborted': true, 'http.response.status_code': 200 });
  });
});
