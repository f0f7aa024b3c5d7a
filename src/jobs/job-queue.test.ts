import { readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testStore } from '../../test/support/test-store.ts';
import type { JobRequest } from '../domain/jobs.ts';
import { checkInvariants } from '../store/check-invariants.ts';
import { JobQueue, type SubmitOptions } from './job-queue.ts';

const request = (model: string): { request: JobRequest; label: string } => ({
  request: { kind: 'ensure', model },
  label: `ensure ${model}`,
});
const options: SubmitOptions = { origin: 'library', correlationId: 'c' };

async function newQueue() {
  const { context } = await testStore();
  const queue = new JobQueue(context);
  return {
    queue,
    context,
    submit: async (model: string, more: Partial<SubmitOptions> = {}) => queue.submit(request(model), { ...options, ...more }),
  };
}

describe('a submitted job', () => {
  it('is on record, with an age of its own and nothing done', async () => {
    const { queue, context, submit } = await newQueue();
    const { job, isNew } = await submit('a@1.0.0', { priority: 5, limitRateBytesPerSecond: 1000 });
    await submit('b@1.0.0');
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ seq: 1, state: 'queued', priority: 5, limit_rate_bytes_per_second: 1000, done_bytes: 0, attempts: 0 });
    expect(new JobQueue(context).list().jobs.map(({ label, seq }) => [label, seq])).toEqual([
      ['ensure a@1.0.0', 1],
      ['ensure b@1.0.0', 2],
    ]);
    expect(queue.find(job.id.slice(0, 6))).toEqual(job);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('is the one that waits already, where the same is asked for', async () => {
    const { queue, submit } = await newQueue();
    const first = await submit('a@1.0.0');
    expect(await submit('a@1.0.0')).toEqual({ job: first.job, isNew: false });
    await queue.act(first.job.id, 'cancel');
    expect((await submit('a@1.0.0')).isNew).toBe(true);
  });

  it('is the one of its key, also once that has ended; the key is not on disk', async () => {
    const { queue, context, submit } = await newQueue();
    const first = await submit('a@1.0.0', { idempotencyKey: 'key-of-mine' });
    await queue.act(first.job.id, 'cancel');
    const again = await submit('a@1.0.0', { idempotencyKey: 'key-of-mine' });
    expect(again).toMatchObject({ isNew: false, job: { id: first.job.id, state: 'cancelled' } });
    await expect(submit('b@1.0.0', { idempotencyKey: 'key-of-mine' })).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
    expect(JSON.stringify(queue.list())).not.toContain('key-of-mine');
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('is refused with a priority that is none', async () => {
    const { queue, submit } = await newQueue();
    await expect(submit('a@1.0.0', { priority: 101 })).rejects.toMatchObject({ reason: 'job_priority' });
    await expect(submit('a@1.0.0', { priority: 0.5 })).rejects.toMatchObject({ reason: 'job_priority' });
    expect(queue.list().jobs).toEqual([]);
  });

  it('comes once, whoever submits it at the same time', async () => {
    const { context, submit } = await newQueue();
    const others = Array.from({ length: 8 }, () => new JobQueue(context).submit(request('a@1.0.0'), options));
    const all = await Promise.all([submit('b@1.0.0'), ...others, submit('c@1.0.0')]);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(3);
    expect(await checkInvariants(context)).toEqual([]);
  });
});

describe('a job by its id', () => {
  it('is not found, or is one of several, and both are said', async () => {
    const { queue, submit } = await newQueue();
    const ids: string[] = [];
    for (let index = 0; index < 17; index++) ids.push((await submit(`m${index}@1.0.0`)).job.id);
    const twice = ids.map((id) => id[0] ?? '').find((digit, index, all) => all.indexOf(digit) !== index) ?? '';
    expect(() => queue.find(twice)).toThrowError(expect.objectContaining({ reason: 'job_ambiguous' }));
    for (const id of ['ffffffffffff', '../../STORE.json', '', 'A', `${ids[0]}0`]) {
      if (ids.includes(id)) continue;
      expect(() => queue.find(id), id).toThrowError(expect.objectContaining({ code: 'JOB_NOT_FOUND' }));
    }
  });
});

describe('a file among the jobs that holds none', () => {
  it('is named, keeps nobody from working, and counts as damage', async () => {
    const { queue, context, submit } = await newQueue();
    const { job } = await submit('a@1.0.0');
    const directory = context.resolver.stateDir('jobs');
    writeFileSync(context.resolver.modelFile(directory, '0123456789ab'), JSON.stringify(job).slice(0, 40));
    writeFileSync(context.resolver.modelFile(directory, 'ba9876543210'), JSON.stringify({ ...job, check: 'x' }));
    expect(queue.list()).toEqual({ jobs: [job], unreadable: ['0123456789ab', 'ba9876543210'] });
    expect((await submit('b@1.0.0')).job.seq).toBe(2);
    expect((await checkInvariants(context)).map(({ what }) => what)).toEqual(['is no record of a job', 'is no record of a job']);
  });
});

describe('what is changed of a job', () => {
  it('is felt by whoever looks, and written by nobody where nothing changes', async () => {
    const { queue, context, submit } = await newQueue();
    const { id } = (await submit('a@1.0.0')).job;
    const watcher = new JobQueue(context);
    expect(watcher.list().jobs[0]?.priority).toBe(0);
    await queue.change(id, { priority: 10, limitRateBytesPerSecond: 5 });
    expect(watcher.list().jobs[0]).toMatchObject({ priority: 10, limit_rate_bytes_per_second: 5 });
    await queue.change(id, { limitRateBytesPerSecond: null });
    expect(watcher.list().jobs[0]).not.toHaveProperty('limit_rate_bytes_per_second');
    await queue.act(id, 'pause');
    const [before] = readdirSync(context.resolver.stateDir('jobs'));
    const look = () => JSON.stringify(watcher.list().jobs);
    const paused = look();
    await queue.act(id, 'pause');
    expect(look()).toBe(paused);
    expect(before).toBe(id);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('does not lose what others change at the same time', async () => {
    const { queue, context, submit } = await newQueue();
    const { id } = (await submit('a@1.0.0')).job;
    const other = new JobQueue(context);
    await Promise.all([
      ...Array.from({ length: 10 }, () => queue.update(id, (job) => ({ ...job, attempts: job.attempts + 1 }))),
      ...Array.from({ length: 10 }, () => other.update(id, (job) => ({ ...job, attempts: job.attempts + 1 }))),
    ]);
    expect(queue.find(id).attempts).toBe(20);
  });
});
