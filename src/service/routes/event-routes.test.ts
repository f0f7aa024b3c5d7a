import { getEventListeners, once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../../test/support/test-service.ts';
import { openJobQueue } from '../../compose/jobs.ts';
import { loadConfig } from '../../config/load-config.ts';
import { jobDocument } from '../../documents/jobs.ts';
import { storeEventDocument } from '../../documents/store-events.ts';
import type { JobRecord } from '../../domain/jobs.ts';
import type { StoreEvent } from '../../domain/store-events.ts';
import type { ListedJobs } from '../../store/job-records.ts';
import { EventStream } from '../event-stream.ts';
import { LiveFeed } from '../live-feed.ts';

interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function watchedQueue() {
  const world = await modelFixture({ files: { 'w.bin': 'bytes' } });
  const served = await testService(world);
  const queue = openJobQueue(await loadConfig({ env: world.env, cwd: world.directory }));
  const add = async (model: string): Promise<JobRecord> =>
    (await queue.submit({ request: { kind: 'ensure', model }, label: `ensure ${model}` }, { origin: 'library', correlationId: 'c' })).job;
  return { ...served, queue, add };
}

interface Asking {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads the stream as a browser does. */
async function listen({ url }: Pick<TestService, 'url'>, lastEventId?: string, { query = '', headers = {} }: Asking = {}) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(`${url}/v1/events${query}`, {
    signal: ending.signal,
    headers: { ...headers, accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
  });
  const told: Told[] = [];
  let [text, isOver] = ['', false];
  const reading = (async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = parse(text.slice(0, end));
        text = text.slice(end + 2);
        if (event !== undefined) told.push(event);
      }
    }
  })()
    .catch((error: unknown) => {
      if (!ending.signal.aborted) throw error;
    })
    .finally(() => (isOver = true));
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let tries = 0; !isSo(); tries++) {
      if (tries > 200) throw new Error(`never told; so far ${JSON.stringify(told)}`);
      await sleep(25);
    }
  };
  const stop = (): Promise<void> => {
    ending.abort();
    return reading;
  };
  return { response, told, until, isOver: () => isOver, stop };
}

function parse(block: string): Told | undefined {
  const fields = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
  return fields.event === undefined ? undefined : { id: fields.id ?? '', event: fields.event, data: JSON.parse(fields.data ?? '{}') };
}

const labels = (told: readonly Told[]): readonly unknown[] => told.map(({ data }) => data.label);

describe('live events', () => {
  it('tell all jobs first, then each that changes, whichever process changes it', async () => {
    const { queue, add, ...served } = await watchedQueue();
    const first = await add('a@1.0.0');
    const { told, until, response } = await listen(served);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await until(() => told.length === 1);
    expect(jobDocument.parse(told[0]?.data)).toMatchObject({ id: first.id, state: 'queued' });
    await add('b@1.0.0');
    await queue.act(first.id, 'pause');
    await until(() => told.length === 3);
    expect(
      told
        .slice(1)
        .map(({ data: { label, state } }) => `${String(label)} ${String(state)}`)
        .sort(),
    ).toEqual(['ensure a@1.0.0 paused', 'ensure b@1.0.0 queued']);
    await queue.records.remove(first.id);
    await until(() => told.length === 4);
    expect(told[3]).toMatchObject({ event: 'gone', data: { id: first.id } });
  });

  it('come at most twice a second for each job, each time as it is then', async () => {
    const { queue, add, ...served } = await watchedQueue();
    const { id } = await add('a@1.0.0');
    const { told, until } = await listen(served);
    await until(() => told.length === 1);
    const begunMs = performance.now();
    let priority = 0;
    while (performance.now() - begunMs < 2000 || told.length <= 3) {
      priority = (priority + 1) % 100;
      await queue.change(id, { priority });
    }
    await until(() => told.at(-1)?.data.priority === priority);
    expect(told.length).toBeLessThanOrEqual(1 + 2 * ((performance.now() - begunMs) / 1000 + 1));
  });

  it('go on from the last one that was seen: what changed since is told, as it is now, and nothing else', async () => {
    const { queue, add, ...served } = await watchedQueue();
    const [first] = [await add('a@1.0.0'), await add('b@1.0.0')];
    const one = await listen(served);
    await one.until(() => one.told.length === 2);
    const keeper = await listen(served);
    await one.stop();
    await queue.change(first.id, { priority: 1 });
    await add('c@1.0.0');
    await queue.change(first.id, { priority: 2 });
    await keeper.until(() => keeper.told.length >= 4);
    const back = await listen(served, one.told.at(-1)?.id);
    await back.until(() => back.told.length === 2);
    await sleep(700);
    expect(labels(back.told).slice().sort()).toEqual(['ensure a@1.0.0', 'ensure c@1.0.0']);
    expect(back.told.find(({ data }) => data.label === 'ensure a@1.0.0')?.data.priority).toBe(2);
  });

  it.each(['00000000.1', 'nonsense', '9'.repeat(64)])(
    'begin anew, and say so, where the last one seen (%s) is none of this service',
    async (lastEventId) => {
      const { add, ...served } = await watchedQueue();
      await add('a@1.0.0');
      const { told, until } = await listen(served, lastEventId);
      await until(() => told.length === 2);
      expect(told.map(({ event }) => event)).toEqual(['reset', 'job']);
    },
  );

  it('end when the service stops', async () => {
    const { add, ...served } = await watchedQueue();
    await add('a@1.0.0');
    const { until, told, isOver } = await listen(served);
    await until(() => told.length === 1);
    await served.service.close(600_000);
    await until(isOver);
  });

  it('ask for the right to read', async () => {
    const { tokens, ...served } = await watchedQueue();
    await tokens.create({ name: 'one', scope: 'read' });
    expect((await served.ask('/events')).status).toBe(401);
  });

  it('end when the token that they were asked for with is revoked', async () => {
    const served = await watchedQueue();
    const { token, about } = await served.tokens.create({ name: 'one', scope: 'read' });
    const { until, isOver } = await listen(served, undefined, { headers: { authorization: `Bearer ${token.reveal()}` } });
    await served.tokens.revoke(about.id);
    await until(isOver);
  });

  it('end where nobody needed a token, as soon as there is one', async () => {
    const served = await watchedQueue();
    const { until, isOver } = await listen(served);
    await served.tokens.create({ name: 'one', scope: 'read' });
    await until(isOver);
  });

  it('are not begun for whoever asks for the head of the answer alone', async () => {
    const { url } = await watchedQueue();
    const { status, headers } = await fetch(`${url}/v1/events`, { method: 'HEAD' });
    expect([status, headers.get('content-type'), headers.get('content-length')]).toEqual([200, 'text/event-stream', '0']);
  });

  it('keep little for a watcher that reads nothing, and still reach the others', async () => {
    const { queue, add, ...served } = await watchedQueue();
    const jobs: JobRecord[] = [];
    for (let index = 0; index < 60; index++) jobs.push(await add(`m${index}@1.0.0`));
    const responses: ServerResponse[] = [];
    served.service.app.server.on('request', (_, response) => responses.push(response));
    const stuck = await stuckWatcher(served.port);
    const { told, until } = await listen(served);
    await until(() => told.length >= 60);
    for (let round = 1; round <= 6; round++) {
      for (const { id } of jobs) await queue.change(id, { priority: round });
      await until(() => told.at(-1)?.data.priority === round);
    }
    expect(told.length).toBeGreaterThan(300);
    for (const response of responses) expect(response.writableLength).toBeLessThan(96 * 1024);
    stuck.destroy();
  });
});

describe('a stream of events that was closed', () => {
  it('is kept by nothing', () => {
    const queue = { list: () => ({ jobs: [], unreadable: [] }), progress: () => undefined };
    const feed = new LiveFeed({ queue, events: NO_EVENTS, onTrouble: thrown });
    const { signal } = new AbortController();
    const stream = new EventStream({ feed, epoch: 'e', lastEventId: undefined, signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    stream.destroy();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a stream of events that nobody reads', () => {
  it('holds less than 256 KiB, and then tells each job as it is now', async () => {
    let revision = 0;
    const ids = Array.from({ length: 600 }, (_, index) => index.toString(16).padStart(12, '0'));
    const list = (): ListedJobs => ({ jobs: ids.map((id, index) => ({ ...JOB, id, seq: index + 1, priority: revision })), unreadable: [] });
    const feed = new LiveFeed({ queue: { list, progress: () => undefined }, events: NO_EVENTS, onTrouble: thrown });
    const signal = new AbortController().signal;
    const stream = new EventStream({ feed, epoch: 'e', lastEventId: undefined, signal });
    const most: number[] = [];
    for (; revision < 5; revision++) {
      await sleep(550);
      most.push(stream.readableLength);
    }
    await sleep(550);
    expect(Math.max(...most)).toBeLessThan(58 * 1024);
    expect(Math.max(...most)).toBeGreaterThan(40 * 1024);
    let text = '';
    for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
      text += chunk.toString();
      await sleep(1);
    }
    stream.destroy();
    const told = text.split('\n\n').flatMap((block) => parse(block) ?? []);
    const last = new Map(told.map(({ data: { id, priority } }) => [id, priority]));
    expect(last.size).toBe(600);
    expect(new Set(last.values())).toEqual(new Set([5]));
    expect(told.length).toBeLessThan(2 * 600);
  });
});

const thrown = (error: unknown): never => {
  throw error;
};

const NO_EVENTS = { newest: () => 0, since: (seq: number) => ({ events: [], seq, missed: 0 }) };

const happened = (seq: number): StoreEvent => ({
  schema: 'wan.store_event/v1',
  seq,
  type: 'model.pinned',
  time: '2026-03-01T12:00:00.000Z',
  model: 'a@1.0.0',
  correlation_id: 'c',
  via: 'cli',
  data: {},
});

describe('events of models', () => {
  it('are told as they happen, whoever did it, and not to those who come later', async () => {
    const world = await modelFixture({
      models: { 'a@1.0.0': { files: { 'w.bin': 'bytes' } }, 'b@1.0.0': { files: { 'v.bin': 'other' } } },
    });
    const served = await testService(world);
    const all = await listen(served);
    const some = await listen(served, undefined, { query: '?types=model.removed,verify.failed&model=a@1.0.0' });
    await using other = await world.orchestrator();
    for (const model of ['a@1.0.0', 'b@1.0.0']) await other.ensure(model);
    await chmod(join(world.modelDir('a@1.0.0'), 'w.bin'), 0o644);
    await writeFile(join(world.modelDir('a@1.0.0'), 'w.bin'), 'wrong');
    await other.verifyIntegrity('a@1.0.0', { deep: true });
    await other.pinModel('b@1.0.0');
    await other.remove('b@1.0.0', { force: true });
    await other.remove('a@1.0.0');
    const types = (told: readonly Told[]) => told.map(({ event, data }) => `${event} ${String(data.model)}`);
    await all.until(() => all.told.length >= 6);
    expect(types(all.told)).toEqual([
      'model.available a@1.0.0',
      'model.available b@1.0.0',
      'verify.failed a@1.0.0',
      'model.pinned b@1.0.0',
      'model.removed b@1.0.0',
      'model.removed a@1.0.0',
    ]);
    for (const { data } of all.told) storeEventDocument.parse(data);
    expect(all.told[2]?.data.data).toEqual({ file_count: 1, files: ['w.bin'], faults: ['digest'] });
    await some.until(() => some.told.length >= 2);
    expect(types(some.told)).toEqual(['verify.failed a@1.0.0', 'model.removed a@1.0.0']);
    const late = await listen(served);
    const back = await listen(served, all.told[3]?.id);
    await back.until(() => back.told.length >= 2);
    expect(types(back.told)).toEqual(['model.removed b@1.0.0', 'model.removed a@1.0.0']);
    expect(late.told).toEqual([]);
  });

  it.each(['?types=nonsense', '?types=', '?types=model.removed,', '?types=job.flying', '?types=model.*&types=job'])(
    'asked for by names that mean none (%s) are refused',
    async (query) => {
      const served = await watchedQueue();
      expect((await served.ask(`/v1/events${query}`)).status).toBe(400);
    },
  );

  it('that a watcher can no longer be told of are told as missed', async () => {
    let newest = 0;
    const events = {
      newest: () => newest,
      since: (seq: number) => ({ events: Array.from({ length: newest - seq }, (_, at) => happened(seq + at + 1)), seq: newest, missed: 0 }),
    };
    const feed = new LiveFeed({
      queue: { list: () => ({ jobs: [JOB], unreadable: [] }), progress: () => undefined },
      events,
      onTrouble: thrown,
    });
    const signal = new AbortController().signal;
    const stream = new EventStream({ feed, epoch: 'e', lastEventId: undefined, signal });
    await once(stream, 'readable');
    const first = read(stream);
    newest = 2;
    await sleep(700);
    const [mark, told] = [first.at(-1)?.id, read(stream)];
    expect(told.map(({ event }) => event)).toEqual(['model.pinned', 'model.pinned']);
    newest = 2000;
    await sleep(700);
    const back = new EventStream({ feed, epoch: 'e', lastEventId: mark, signal });
    await sleep(20);
    expect(read(back).map(({ event }) => event)).toEqual(['reset', 'job']);
    for (const one of [stream, back]) one.destroy();
  });
});

function read(stream: EventStream): readonly Told[] {
  let text = '';
  for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) text += chunk.toString();
  return text.split('\n\n').flatMap((block) => parse(block) ?? []);
}

const JOB: JobRecord = {
  schema: 'wan.job/v1',
  id: '0',
  seq: 1,
  request: { kind: 'ensure', model: 'a@1.0.0' },
  label: 'ensure a@1.0.0',
  state: 'queued',
  priority: 0,
  origin: 'cli',
  correlation_id: 'c',
  created_at: '2026-03-01T12:00:00.000Z',
  attempts: 0,
  failures: 0,
  done_bytes: 0,
  total_bytes: 0,
};

/** Asks for the events, and never reads one. */
async function stuckWatcher(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write('GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  return socket;
}
