/**
 * What has changed among the jobs, for many who watch, whichever process runs them: the records are looked at twice a second, for as long as
 * anybody watches. A watcher is but a number: what it has seen. So one that stands still costs nothing, and one that comes back gets each job that
 * has changed since, as it is now.
 */
import type { JobRecord } from '../domain/jobs.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { type JobWire, shownJob } from '../wire/job-wire.ts';

export interface FeedEntry {
  /** Rises with each change. */
  readonly seq: number;
  readonly event: 'job' | 'gone';
  /** JSON. */
  readonly data: string;
}

const LOOK_MS = 500;
/** Of jobs that were forgotten, so many are remembered to have been. */
const KEPT_GONE = 500;

export class JobFeed {
  readonly #queue: Pick<JobQueue, 'list' | 'progress'>;
  readonly #onTrouble: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  /** By id, the one that changed last at the end. */
  readonly #entries = new Map<string, FeedEntry>();
  #records: ReadonlyMap<string, JobRecord> = new Map();
  #seq = 0;
  /** What the last look found: all that a watcher needs who has seen what was before. */
  #latest: { readonly from: number; readonly entries: readonly FeedEntry[] } = { from: 0, entries: [] };
  #timer: NodeJS.Timeout | undefined;

  constructor(queue: Pick<JobQueue, 'list' | 'progress'>, onTrouble: (error: unknown) => void) {
    this.#queue = queue;
    this.#onTrouble = onTrouble;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Of each job that has changed since, the last change; oldest first. 0: all jobs. */
  since(seq: number): readonly FeedEntry[] {
    return seq === this.#latest.from ? this.#latest.entries : [...this.#entries.values()].filter((entry) => entry.seq > seq);
  }

  /** @returns what ends the watch */
  watch(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
      this.#look();
    }
    return () => {
      this.#listeners.delete(onChange);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #look(): void {
    const before = this.#seq;
    try {
      this.#note();
    } catch (error) {
      this.#onTrouble(error);
    }
    if (this.#seq === before) return;
    this.#latest = { from: before, entries: [...this.#entries.values()].filter((entry) => entry.seq > before) };
    for (const listener of this.#listeners) listener();
  }

  #note(): void {
    const { jobs } = this.#queue.list();
    const ids = new Set(jobs.map(({ id }) => id));
    for (const job of jobs) {
      // The records give the same object as long as the file is the same.
      if (job.state !== 'running' && this.#records.get(job.id) === job) continue;
      this.#put(job.id, 'job', JSON.stringify(shownJob(this.#queue, job) satisfies JobWire));
    }
    this.#records = new Map(jobs.map((job) => [job.id, job]));
    for (const [id, { event }] of this.#entries) if (event === 'job' && !ids.has(id)) this.#put(id, 'gone', JSON.stringify({ id }));
    const gone = [...this.#entries].filter(([, { event }]) => event === 'gone');
    for (const [id] of gone.slice(0, Math.max(0, gone.length - KEPT_GONE))) this.#entries.delete(id);
  }

  #put(id: string, event: FeedEntry['event'], data: string): void {
    if (this.#entries.get(id)?.data === data) return;
    this.#entries.delete(id);
    this.#entries.set(id, { seq: ++this.#seq, event, data });
  }
}
