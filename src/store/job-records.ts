/**
 * Jobs on disk: one durable record each, and beside it how far a running one is, which may be lost. Records are changed under the lock of the
 * queue only; progress is written by the one process that runs the job.
 */
import { isModelError } from '../domain/errors.ts';
import { isJobId, type JobProgress, type JobRecord } from '../domain/jobs.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { compareKeys, readStatKey, type StatKey } from './stat-key.ts';

export interface ListedJobs {
  /** Oldest first. */
  readonly jobs: readonly JobRecord[];
  /** Names of files that hold no record: torn, edited, or somebody else's. */
  readonly unreadable: readonly string[];
}

interface Remembered {
  /** Absolute. */
  readonly path: string;
  readonly key: StatKey;
  readonly job: JobRecord | undefined;
}

interface Listed {
  readonly found: ListedJobs;
  /** The folder as it was before it was listed. */
  readonly folder: StatKey | undefined;
  /** It had not changed for a while then. */
  readonly isSettled: boolean;
  readonly atMs: number;
}

const NO_JOBS: ListedJobs = { jobs: [], unreadable: [] };
/** Longer than any file system takes two changes for one moment. */
const SETTLED_MS = 2500;
/** After this all is looked at again, whatever the folder says. */
const TRUSTED_MS = 5000;

export class JobRecords {
  readonly #context: StoreContext;
  /** Of each file as it was when it was read: whoever looks twice a second reads only what has changed. */
  #seen = new Map<string, Remembered>();
  #listed: Listed = { found: NO_JOBS, folder: undefined, isSettled: false, atMs: 0 };

  constructor(context: StoreContext) {
    this.#context = context;
  }

  list(): ListedJobs {
    const { clock, resolver } = this.#context;
    const folder = readStatKey(resolver.stateDir('jobs'));
    if (folder === undefined) return NO_JOBS;
    const listed = this.#listed;
    const isFresh = listed.folder?.mtimeNs === folder.mtimeNs && clock.monotonic() - listed.atMs < TRUSTED_MS;
    if (isFresh && listed.isSettled) return listed.found;
    // A record is put in place by a rename, which moves the folder's time; one that follows at once may not be told apart.
    const isSettled = Math.abs(clock.now() - Number(BigInt(folder.mtimeNs) / 1_000_000n)) > SETTLED_MS;
    this.#listed = { found: this.#listAll(), folder, isSettled, atMs: clock.monotonic() };
    return this.#listed.found;
  }

  #listAll(): ListedJobs {
    const seen = new Map<string, Remembered>();
    for (const name of listNames(this.#context.resolver.stateDir('jobs'))) {
      const found = this.#look(name);
      if (found !== undefined) seen.set(name, found);
    }
    this.#seen = seen;
    const jobs = [...seen.values()].flatMap(({ job }) => job ?? []).sort((a, b) => a.seq - b.seq);
    return { jobs, unreadable: [...seen].flatMap(([name, { job }]) => (job === undefined ? [name] : [])) };
  }

  read(id: string): JobRecord | undefined {
    return isJobId(id) ? jobOf(readRecord<JobRecord>(this.#path(id)), id) : undefined;
  }

  /** Durable on return. Under the lock of the queue. */
  write(job: JobRecord): Promise<void> {
    return writeRecord(this.#context, this.#path(job.id), job, { durable: true });
  }

  /** @param name a job's id, or the name of a file that holds no record */
  async remove(name: string): Promise<void> {
    await removeRecord(this.#path(name), { durable: true });
    await this.removeProgress(name);
  }

  /** Undefined where it does not run, or has told nothing yet; what cannot be read is told anew within a second, or was lost. */
  progress(id: string): JobProgress | undefined {
    try {
      return readRecord<JobProgress>(this.#progressPath(id));
    } catch (error) {
      if (!isModelError(error)) throw error;
      return undefined;
    }
  }

  progressIds(): readonly string[] {
    return listNames(this.#context.resolver.stateDir('job-progress'));
  }

  writeProgress(progress: JobProgress): Promise<void> {
    return writeRecord(this.#context, this.#progressPath(progress.id), progress, { durable: false });
  }

  removeProgress(id: string): Promise<void> {
    return removeRecord(this.#progressPath(id), { durable: false });
  }

  #look(name: string): Remembered | undefined {
    const before = this.#seen.get(name);
    const path = before?.path ?? this.#path(name);
    const key = readStatKey(path);
    if (key === undefined) return undefined;
    if (before !== undefined && compareKeys(before.key, key) === 'same') return before;
    return { path, key, job: jobOf(readRecord<JobRecord>(path), name) };
  }

  #path(name: string): string {
    return this.#fileIn('jobs', name);
  }

  #progressPath(name: string): string {
    return this.#fileIn('job-progress', name);
  }

  /** A listed name stands as it is: whoever put it there need not have made it as we do. */
  #fileIn(kind: 'jobs' | 'job-progress', name: string): string {
    const { resolver } = this.#context;
    return resolver.modelFile(resolver.stateDir(kind), name);
  }
}

/** A record of another name is a copy that somebody made: no job. */
const jobOf = (record: JobRecord | undefined, id: string): JobRecord | undefined =>
  record?.schema === 'wan.job/v1' && record.id === id ? record : undefined;
