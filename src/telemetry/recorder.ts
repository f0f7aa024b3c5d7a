/**
 * What calls did, put on record: counters, lines of the audit log, and events of the store. A call that changes nothing and finds nothing wrong costs a closure:
 * all that counts and writes is loaded by the first event that has something to say.
 */
import type { CallActor } from '../domain/acts.ts';
import { asModelError } from '../domain/errors.ts';
import type { Emit, EventSink, EventType, ModelEvent } from '../domain/events.ts';
import type { Logbook, Page } from './logbook.ts';

export interface Recorder {
  /** @param warn told what could not be put on record */
  begin(actor: CallActor | undefined, warn: Emit): CallRecord;
}

export interface CallRecord {
  readonly sink: EventSink;
  /** All that was said so far is on record, or somebody is warned that it is not. Never throws. */
  settle(): Promise<void>;
}

/** What a killed process may lose of a call at work. */
const WRITE_EVERY_MS = 5000;

const TELLING: ReadonlySet<EventType> = new Set<EventType>([
  'ensure.failed',
  'file.received',
  'source.failed',
  'source.lied',
  'gc.finished',
  'act.finished',
  'act.failed',
]);

export const createRecorder = (open: () => Promise<Logbook>): Recorder => ({
  begin: (actor, warn) => new RecordedCall(async () => (await open()).page(warn, actor), warn),
});

class RecordedCall implements CallRecord {
  readonly #open: () => Promise<Page>;
  readonly #warn: Emit;
  #isLost = false;
  #page: Promise<Page> | undefined;
  #events: ModelEvent[] = [];
  #hasBegun = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(open: () => Promise<Page>, warn: Emit) {
    this.#open = open;
    this.#warn = warn;
  }

  readonly sink: EventSink = (event) => {
    if (!this.#tells(event)) return;
    this.#hasBegun = true;
    this.#events.push(event);
    // A collection may be the beginning of a long call, which somebody may kill.
    if (event.type === 'gc.finished') this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), WRITE_EVERY_MS).unref();
  };

  async settle(): Promise<void> {
    if (!this.#hasBegun) return;
    this.#write();
    await this.#writing;
    await this.#tried(async () => (await this.#page)?.close());
  }

  #tells(event: ModelEvent): boolean {
    switch (event.type) {
      case 'ensure.planned':
        return event.fetchBytes > 0;
      case 'ensure.finished':
        // The end of a download that was counted as begun, too.
        return this.#hasBegun || event.published === true || event.fetchedBytes > 0;
      case 'verify.file':
        return !event.ok;
      case 'gc.removed':
      case 'gc.trashed':
        return event.kind === 'model';
      default:
        return TELLING.has(event.type);
    }
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#page ??= this.#open();
    const [page, events] = [this.#page, this.#events];
    this.#events = [];
    this.#writing = this.#writing.then(() => this.#tried(async () => (await page).write(events)));
  }

  /** Nothing can be put on record where what does that cannot be loaded, as while the program is replaced by another version. */
  async #tried(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!this.#isLost) this.#warn({ type: 'warning', code: 'not_on_record', message: `not on record: ${asModelError(error).message}` });
      this.#isLost = true;
    }
  }
}
