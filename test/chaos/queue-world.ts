/** A queue of downloads from a real server, for tests that kill who runs it. */
import { expect } from 'vitest';
import { openJobQueue } from '../../src/compose/jobs.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { isFinished, type JobRecord } from '../../src/domain/jobs.ts';
import type { JobQueue } from '../../src/jobs/job-queue.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { modelFixture } from '../support/model-fixture.ts';

export const MIB = 2 ** 20;
/** Of each model. */
export const SIZE = 1_048_576;
export const [PIECE, CONNECTIONS, PLACES] = [262_144, 4, 2];
export const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${String(index).padStart(2, '0')}@1.0.0`);

export async function queueWorld(count: number, options: { root?: string; env?: Readonly<Record<string, string>> } = {}) {
  const models = Object.fromEntries(
    names(count).map((id, index) => [id, { files: { 'w.bin': seeded(SIZE, index + 1) }, sources: ['http'] }]),
  );
  const env = { WAN_MAX_CONCURRENT_JOBS: String(PLACES), ...options.env };
  const world = await modelFixture({ models, env, ...(options.root !== undefined && { root: options.root }) });
  const queue = openJobQueue(await loadConfig({ env: world.env, cwd: world.directory, homeDir: world.directory }));
  const add = async (...ids: string[]): Promise<void> => {
    const { code, stdout } = await world.cli(['models', 'jobs', 'add', 'ensure', ...ids, '--json']);
    expect(code, stdout).toBe(0);
  };
  return { world, queue, add };
}

/** As a watcher sees it. */
export const bytesOf = (queue: JobQueue, job: JobRecord): number => Math.max(job.done_bytes, queue.progress(job.id)?.done_bytes ?? 0);

/** Those that were begun are the oldest ones, and of them only as many are not over as may run. */
export function checkOrder(jobs: readonly JobRecord[]): void {
  const begun = jobs.filter(({ attempts }) => attempts > 0);
  expect(begun).toEqual(jobs.slice(0, begun.length));
  expect(begun.filter((job) => !isFinished(job)).length).toBeLessThanOrEqual(PLACES);
}
