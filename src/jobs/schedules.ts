/** Jobs that come by themselves at set times. What was missed while no runner lived is made up once, however often its time came. */
import type { JobRequest } from '../domain/jobs.ts';
import type { StoreContext } from '../store/context.ts';
import { readRecord, writeRecord } from '../store/record.ts';
import { type CronSchedule, nextTime } from '../util/cron.ts';

/** As configured. */
export interface Schedule {
  /** `gc`, `scrub` */
  readonly name: string;
  readonly times: CronSchedule;
  readonly request: JobRequest;
}

/** What is known of its past: the time that was seen to last, or when the schedule was first met. */
interface ScheduleRecord {
  readonly times: string;
  /** ISO 8601. */
  readonly seen_at: string;
}

export interface ScheduleState {
  readonly schedule: Schedule;
  /** Its next time; in the past: one is due. */
  readonly next: Date;
  /** The last time that was seen to; undefined: none yet. */
  readonly seenAt: string | undefined;
}

export class Schedules {
  readonly #context: StoreContext;
  readonly #schedules: readonly Schedule[];

  constructor(context: StoreContext, schedules: readonly Schedule[]) {
    this.#context = context;
    this.#schedules = schedules;
  }

  /** Changes nothing. */
  states(): readonly ScheduleState[] {
    const now = new Date(this.#context.clock.now());
    return this.#schedules.map((schedule) => {
      const record = this.#read(schedule, now);
      const since = record === undefined ? now : new Date(record.seen_at);
      return { schedule, next: nextOf(schedule, since), seenAt: record?.seen_at };
    });
  }

  /**
   * Has `submit` called for each whose time has come, with a name of its own for that time: killed before the time is on record, the next
   * runner submits under the same name, which is the same job. One that fails holds up no other. @throws what the first one failed with
   */
  async run(submit: (schedule: Schedule, name: string) => Promise<unknown>): Promise<void> {
    const seen: Promise<void>[] = [];
    for (const state of this.states()) {
      seen.push(this.#see(state, submit));
      await Promise.allSettled(seen);
    }
    await Promise.all(seen);
  }

  async #see({ schedule, next, seenAt }: ScheduleState, submit: (schedule: Schedule, name: string) => Promise<unknown>): Promise<void> {
    const nowMs = this.#context.clock.now();
    if (seenAt !== undefined && next.getTime() > nowMs) return;
    if (seenAt !== undefined) await submit(schedule, `${schedule.name} ${next.toISOString()}`);
    await this.#write(schedule, new Date(nowMs));
  }

  /** Another table of times begins anew, and so does one whose record lies in the future: the clock was set back. */
  #read(schedule: Schedule, now: Date): ScheduleRecord | undefined {
    const record = readRecord<ScheduleRecord>(this.#path(schedule));
    return record?.times === schedule.times.text && Date.parse(record.seen_at) <= now.getTime() ? record : undefined;
  }

  #write({ times, ...schedule }: Schedule, seen: Date): Promise<void> {
    const record: ScheduleRecord = { times: times.text, seen_at: seen.toISOString() };
    return writeRecord(this.#context, this.#path(schedule), record, { durable: true });
  }

  #path({ name }: Pick<Schedule, 'name'>): string {
    return this.#context.resolver.stateFile('schedules', name);
  }
}

function nextOf({ times, name }: Schedule, since: Date): Date {
  const next = nextTime(times, since);
  if (next === undefined) throw new Error(`the schedule ${name} has no time after ${since.toISOString()}`);
  return next;
}
