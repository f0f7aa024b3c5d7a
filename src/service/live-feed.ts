/**
 * What has changed among the jobs, and what happened to models, for many who watch, whichever process did it: the records are looked at twice a
 * second, for as long as anybody watches. A watcher is but a number: what it has seen. So one that stands still costs nothing, and one that comes
 * back gets each job that has changed since, as it is now, and each event of a model that it has missed.
 */
import { type JobRecord, modelOf } from '../domain/jobs.ts';
import type { StoreEvent } from '../domain/store-events.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Happened } from '../telemetry/store-events/store-event-records.ts';
import type { JobWire } from '../wire/job-wire.ts';
import { toldJob } from './wire/told-errors.ts';

export interface FeedEntry {
  /** Rises with each change. */
  readonly seq: number;
  readonly event: 'job' | 'gone' | StoreEvent['type'];
  /** What filters go by: `job.failed`, `model.removed`. */
  readonly type: string;
  readonly model: string | undefined;
  /** JSON. */
  readonly data: string;
}

/** Events of a root, as they are on record. */
export interface StoreEventSource {
  newest(): number;
  since(seq: number): Happened;
}

export interface LiveFeedOptions {
  readonly queue: Pick<JobQueue, 'list' | 'progress'>;
  readonly events: StoreEventSource;
  readonly onTrouble: (error: unknown) => void;
}

const LOOK_MS = 500;
/** Of what passes by, forgotten jobs and events of models, so many are remembered. */
const KEPT = 500;

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #listeners = new Set<() => void>();
  /** By id, the one that changed last at the end. */
  readonly #entries = new Map<string, FeedEntry>();
  #records: ReadonlyMap<string, JobRecord> = new Map();
  #seq = 0;
  #forgotten = 0;
  /** Number of the newest event of the store that was looked at; undefined before the first look. */
  #happened: number | undefined;
  /** What the last look found: all that a watcher needs who has seen what was before. */
  #latest: { readonly from: number; readonly entries: readonly FeedEntry[] } = { from: 0, entries: [] };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Whether something came after `seq` that is remembered no more: who has seen no more than that begins anew. */
  isForgotten(seq: number): boolean {
    return seq < this.#forgotten;
  }

  /** Of each job that has changed since, the last change, and each event of a model since; oldest first. 0: all jobs. */
  since(seq: number): readonly FeedEntry[] {
    return seq === this.#latest.from ? this.#latest.entries : [...this.#entries.values()].filter((entry) => entry.seq > seq);
  }

  /** What has changed so far is noted on return. @returns what ends the watch */
  watch(onChange: () => void): () => void {
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
      this.#look();
    }
    this.#listeners.add(onChange);
    return () => {
      this.#listeners.delete(onChange);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #look(): void {
    const before = this.#seq;
    this.#try(() => this.#noteJobs());
    this.#try(() => this.#noteEvents());
    if (this.#seq === before) return;
    this.#forget();
    this.#latest = { from: before, entries: [...this.#entries.values()].filter((entry) => entry.seq > before) };
    for (const listener of this.#listeners) listener();
  }

  #try(note: () => void): void {
    try {
      note();
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  #noteJobs(): void {
    const { queue } = this.#options;
    const { jobs } = queue.list();
    const ids = new Set(jobs.map(({ id }) => id));
    for (const job of jobs) {
      // The records give the same object as long as the file is the same.
      if (job.state !== 'running' && this.#records.get(job.id) === job) continue;
      const data = JSON.stringify(toldJob(queue, job) satisfies JobWire);
      this.#put(job.id, { event: 'job', type: `job.${job.state}`, model: modelOf(job.request), data });
    }
    this.#records = new Map(jobs.map((job) => [job.id, job]));
    for (const [id, { event, model }] of this.#entries)
      if (event === 'job' && !ids.has(id)) this.#put(id, { event: 'gone', type: 'job.gone', model, data: JSON.stringify({ id }) });
  }

  /** Of what happened before anybody watched nobody is told. */
  #noteEvents(): void {
    const { events } = this.#options;
    if (this.#happened === undefined) {
      this.#happened = events.newest();
      return;
    }
    const { events: found, seq, missed } = events.since(this.#happened);
    this.#happened = seq;
    if (missed > 0) this.#forgotten = ++this.#seq;
    for (const event of found)
      this.#put(`event ${event.seq}`, { event: event.type, type: event.type, model: event.model, data: JSON.stringify(event) });
  }

  #put(id: string, entry: Omit<FeedEntry, 'seq'>): void {
    if (this.#entries.get(id)?.data === entry.data) return;
    this.#entries.delete(id);
    this.#entries.set(id, { seq: ++this.#seq, ...entry });
  }

  #forget(): void {
    const passing = [...this.#entries].filter(([, { event }]) => event !== 'job');
    for (const [id, { seq }] of passing.slice(0, Math.max(0, passing.length - KEPT))) {
      this.#entries.delete(id);
      this.#forgotten = seq;
    }
  }
}
