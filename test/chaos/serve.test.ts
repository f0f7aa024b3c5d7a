/** `wan serve` itself, killed: jobs go on in order, clients that went away stop nothing, and each event reaches its webhook. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { isFinished, MAX_DEATHS } from '../../src/domain/jobs.ts';
import { neverAnswer } from '../servers/http/fault-server.ts';
import type { ModelWorld } from '../support/model-fixture.ts';
import { bytesOf, checkOrder, MIB, names, queueWorld } from './queue-world.ts';

const SETTINGS = { MODEL_API_PORT: '0', WAN_API_ANONYMOUS: 'write', WAN_LOG_FORMAT: 'json', WAN_ALLOWED_INTERNAL_HOSTS: '127.0.0.1' };

/** @returns once it listens */
async function serve(world: ModelWorld) {
  const { child, ended } = world.start(['serve'], SETTINGS);
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const url = await until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0] ?? (child.exitCode === null ? undefined : fail(log)));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url, kill, child, ended };
}

const fail = (why: string): never => {
  throw new Error(why);
};

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 4000; tries++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await sleep(20);
  }
  return fail('it never came to be so');
}

describe('a service with 20 queued jobs that is killed with SIGKILL, again and again', () => {
  it('resumes all in order, and a client that goes away stops nothing', async () => {
    const { world, queue } = await queueWorld(20);
    world.server().bytesPerSecond = 3 * MIB;
    const first = await serve(world);
    for (const model of names(20)) {
      const answer = await fetch(`${first.url}/v1/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'ensure', model }),
      });
      expect(answer.status).toBe(200);
    }
    await first.kill();
    for (let kills = 0; kills < 5; kills++) {
      const before = queue.list().jobs;
      expect(before.map(({ label }) => label)).toEqual(names(20).map((id) => `ensure ${id}`));
      const told = before.map((job) => bytesOf(queue, job));
      const { url, kill } = await serve(world);
      const gone = new AbortController();
      const watching = await fetch(`${url}/v1/events`, { signal: gone.signal });
      const over = before.filter(isFinished).length;
      // Some have ended, others are on their way.
      await until(() => queue.list().jobs.filter(isFinished).length > over + 1);
      await watching.body?.getReader().read();
      gone.abort();
      await until(() => queue.list().jobs.filter(isFinished).length > over + 2);
      await kill();
      checkOrder(queue.list().jobs);
      for (const [index, job] of queue.list().jobs.entries())
        expect(bytesOf(queue, job), job.label).toBeGreaterThanOrEqual(told[index] ?? 0);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
      if (queue.list().jobs.every(isFinished)) break;
    }
    const last = await serve(world);
    await until(() => queue.list().jobs.every(isFinished));
    last.child.kill('SIGTERM');
    expect((await last.ended).code).toBe(0);
    expect(new Set(queue.list().jobs.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('a job whose process dies each time it runs', () => {
  it('is failed in the end, alone: those beside it and after it are done', async () => {
    const { world, queue, add } = await queueWorld(5);
    const poison = names(5)[1] ?? '';
    world.server().fault(`${poison}/w.bin`, neverAnswer(), { times: 1000 });
    await add(...names(5));
    const job = () => queue.list().jobs.find(({ label }) => label === `ensure ${poison}`) ?? fail('it is lost');
    let deaths = 0;
    for (;;) {
      const { child, ended } = world.start(['models', 'jobs', 'run', '--drain', '--json', '--progress', 'none']);
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      // Until the next runner finds it, it is on record as running.
      await until(() => isOver || job().attempts > deaths);
      if (isOver) break;
      child.kill('SIGKILL');
      await ended;
      deaths++;
      if (deaths > MAX_DEATHS) break;
    }
    expect(deaths).toBe(MAX_DEATHS);
    expect(job()).toMatchObject({ state: 'failed', attempts: MAX_DEATHS, error: { code: 'INTERNAL', reason: 'job_deaths' } });
    expect(queue.list().jobs.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'succeeded', 'succeeded', 'succeeded']);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('a webhook', () => {
  it('is told of all that happened, at least once and under one id, whenever the service is killed', async () => {
    const { world, queue, add } = await queueWorld(4);
    const received: { readonly id: string; readonly type: string; readonly model: unknown }[] = [];
    let isAnswering = false;
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as { type: string; data: { model?: string } };
        received.push({ id: String(request.headers['webhook-id']), type, model: data.model });
        if (isAnswering) response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const added = await world.cli(['webhooks', 'add', hook, '--events', 'model.available,job.succeeded', '--json'], SETTINGS);
    expect(added.code, added.stdout).toBe(0);
    const first = await serve(world);
    await add(...names(4));
    // The receiver holds the first one, and nothing waits for it.
    await until(() => queue.list().jobs.length === 4 && queue.list().jobs.every(isFinished));
    await until(() => received.length > 0);
    await first.kill();
    const held = received.length;
    isAnswering = true;
    const second = await serve(world);
    const wanted = names(4).flatMap((model) => [`model.available ${model}`, `job.succeeded undefined`]);
    await until(() => new Set(received.slice(held).map(({ id }) => id)).size === wanted.length);
    second.child.kill('SIGTERM');
    await second.ended;
    const told = new Map(received.map((one) => [one.id, `${one.type} ${String(one.model)}`]));
    expect([...told.values()].sort()).toEqual(wanted.sort());
    expect(received.slice(held).some(({ id }) => id === received[0]?.id)).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
