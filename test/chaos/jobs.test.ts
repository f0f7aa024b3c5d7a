/** Runners of jobs that are killed, meet each other, or a full disk: what was acknowledged is done, once, in its order. */
import { appendFileSync, statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { isErrno } from '../../src/domain/fs-error.ts';
import { isFinished, type JobRecord } from '../../src/domain/jobs.ts';
import type { ModelWorld } from '../support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';
import { seededRandom } from './chaos-model.ts';
import { bytesOf, CONNECTIONS, checkOrder, MIB, names, PIECE, PLACES, queueWorld, SIZE } from './queue-world.ts';

const run = (world: ModelWorld) => world.start(['models', 'jobs', 'run', '--drain', '--json', '--progress', 'none']);

describe('a runner that is killed with SIGKILL at seeded moments', () => {
  it('has its 20 jobs resumed in order, loses no job and no proven piece, and tells no fewer bytes', async () => {
    const { world, queue, add } = await queueWorld(20);
    await add(...names(20));
    const server = world.server();
    server.bytesPerSecond = 2 * MIB;
    const random = seededRandom(20);
    const told = new Map<string, number>();
    let kills = 0;
    for (;;) {
      const { child, ended } = run(world);
      if (kills < 14) void sleep(300 + random() * 1500).then(() => child.kill('SIGKILL'));
      const { signal, code, stdout } = await ended;
      const { jobs } = queue.list();
      expect(jobs.map(({ label }) => label)).toEqual(names(20).map((id) => `ensure ${id}`));
      checkOrder(jobs);
      for (const job of jobs) {
        expect(bytesOf(queue, job), job.label).toBeGreaterThanOrEqual(told.get(job.id) ?? 0);
        told.set(job.id, bytesOf(queue, job));
      }
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
      if (signal === null) {
        expect(code, stdout).toBe(0);
        break;
      }
      kills++;
    }
    expect(kills).toBeGreaterThan(5);
    const { jobs } = queue.list();
    expect(new Set(jobs.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(jobs.some(({ attempts }) => attempts > 1)).toBe(true);
    // What a killed process left in its sockets was sent, too.
    expect(server.sentBytes()).toBeLessThan(20 * SIZE + kills * PLACES * CONNECTIONS * (PIECE + 512 * 1024));
    expect((await world.cli(['models', 'check', '--all'])).code).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('two runners', () => {
  it('never work at the same time; when one is killed the other goes on with its jobs', async () => {
    const { world, queue, add } = await queueWorld(6, { env: { WAN_MAX_CONCURRENT_JOBS: '1' } });
    await add(...names(6));
    world.server().bytesPerSecond = 2 * MIB;
    const runners = [run(world), run(world)];
    let [most, isKilled] = [0, false];
    while (!queue.list().jobs.every(isFinished)) {
      const { jobs } = queue.list();
      most = Math.max(most, jobs.filter(({ state }) => state === 'running').length);
      const holder = jobs.filter(({ state }) => state === 'succeeded').length === 2 && !isKilled ? await runnerPid(world) : undefined;
      if (holder !== undefined) {
        isKilled = true;
        runners.find(({ child }) => child.pid === holder)?.child.kill('SIGKILL');
      }
      await sleep(20);
    }
    const outcomes = await Promise.all(runners.map(({ ended }) => ended));
    expect(isKilled).toBe(true);
    expect(outcomes.map(({ signal, code }) => signal ?? code).sort()).toEqual([0, 'SIGKILL']);
    expect(most).toBe(1);
    expect(queue.list().jobs.map(({ state }) => state)).toEqual(Array(6).fill('succeeded'));
    expect(queue.list().jobs.reduce((sum, { attempts }) => sum + attempts, 0)).toBeLessThanOrEqual(7);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

async function runnerPid(world: ModelWorld): Promise<number | undefined> {
  const { locks } = (await world.cli(['models', 'locks', '--json'])).json<{
    data: { locks: { lock: string; holder?: { pid: number } }[] };
  }>().data;
  return locks.find(({ lock }) => lock === 'jobs/runner.lock')?.holder?.pid;
}

describe('many who submit, ask and are killed at the same time', () => {
  it('leave each model with one job that waits, and nothing torn', async () => {
    const { world, queue, add } = await queueWorld(4);
    await add(...names(4));
    const random = seededRandom(3);
    const verbs = (index: number): string[] => {
      const { jobs } = queue.list();
      const { id = '' } = jobs[index % jobs.length] ?? {};
      return (
        [
          ['add', 'ensure', ...names(4)],
          ['pause', id],
          ['resume', id],
          ['cancel', id],
          ['retry', id],
          ['priority', 'high', id],
        ][index % 6] ?? []
      );
    };
    for (let round = 0; round < 5; round++) {
      const commands = Array.from({ length: 6 }, (_, index) => world.start(['models', 'jobs', ...verbs(round + index), '--json']));
      for (const { child } of commands.slice(0, 3)) void sleep(150 + random() * 300).then(() => child.kill('SIGKILL'));
      await Promise.all(commands.map(({ ended }) => ended));
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
      const waiting = queue.list().jobs.filter((job) => !isFinished(job));
      const labels = waiting.map(({ label }) => label);
      expect(new Set(labels).size).toBeLessThanOrEqual(4);
    }
    for (const { id, state } of queue.list().jobs) if (state === 'paused') await queue.act(id, 'resume');
    await add(...names(4));
    expect((await run(world).ended).code).toBe(0);
    expect((await world.cli(['models', 'check', '--all'])).code).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describeOnSmallDisk('a disk that is full', () => {
  it('when a job is submitted: NO_SPACE, nothing is queued, and what was stays', async () => {
    const root = await smallDisk(24 * MIB);
    const { world, queue, add } = await queueWorld(2, { root });
    await add(names(2)[0] ?? '');
    fillUp(root);
    const refused = await world.cli(['models', 'jobs', 'add', 'ensure', names(2)[1] ?? '', '--json']);
    expect(refused.code).toBe(6);
    expect(refused.json().error.code).toBe('NO_SPACE');
    expect(queue.list()).toMatchObject({ jobs: [{ seq: 1, state: 'queued' }], unreadable: [] });
    expect(await checkInvariants(root)).toEqual([]);
    await rm(join(root, '..', 'ballast'));
    await add(names(2)[1] ?? '');
    expect(queue.list().jobs.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('when a job ends: it counts as running until that can be written, and is not begun a second time', async () => {
    const root = await smallDisk(24 * MIB);
    const { world, queue, add } = await queueWorld(1, { root });
    await add(...names(1));
    expect((await run(world).ended).code).toBe(0);
    await world.cli(['models', 'jobs', 'add', 'verify', ...names(1), '--deep', '--limit-rate', '500K']);
    const { ended } = run(world);
    const job = (): JobRecord | undefined => queue.list().jobs[1];
    while (job()?.state !== 'running') await sleep(10);
    for (const untilMs = performance.now() + 4000; performance.now() < untilMs; await sleep(20)) fillUp(root);
    expect(job()).toMatchObject({ state: 'running', attempts: 1 });
    await rm(join(root, '..', 'ballast'));
    expect((await ended).code).toBe(0);
    expect(job()).toMatchObject({ state: 'succeeded', attempts: 1, result: { bytes_read: SIZE, wrong_files: 0 } });
    expect(await checkInvariants(root)).toEqual([]);
  });
});

/** To the last block; what comes free meanwhile is taken, too, when it is called again. */
function fillUp(root: string): void {
  for (let tries = 0; tries < 10; tries++) {
    const { bavail, bsize } = statfsSync(root);
    if (bavail === 0) return;
    try {
      appendFileSync(join(root, '..', 'ballast'), Buffer.alloc(bavail * bsize));
    } catch (error) {
      if (!isErrno(error, 'ENOSPC')) throw error;
    }
  }
}
