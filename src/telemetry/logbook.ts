/** Where calls are put on record: one page a call. */
import { hostname } from 'node:os';
import type { CallActor, Via } from '../domain/acts.ts';
import type { AuditActor, AuditEntry } from '../domain/audit.ts';
import { asModelError, type ModelError } from '../domain/errors.ts';
import type { Emit, ModelEvent } from '../domain/events.ts';
import { isUnwritable } from '../domain/fs-error.ts';
import type { StoreEventDraft } from '../domain/store-events.ts';
import { auditEntry } from '../observability/audit-entry.ts';
import { CallCounter } from '../observability/metrics/call-counter.ts';
import { Counts } from '../observability/metrics/counts.ts';
import { storeEvents } from '../observability/store-event.ts';
import type { StoreContext } from '../store/context.ts';
import { openStore, readStoreId } from '../store/open-store.ts';
import { currentUser } from '../util/current-user.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { writeCounts } from './count-records.ts';
import { writeStoreEvents } from './store-events/store-event-records.ts';

export interface LogbookOptions {
  readonly store: StoreContext;
  /** Whether counters are kept. */
  readonly counts: boolean;
  /** Absent where no audit log is kept. */
  readonly audit?: AuditLog | undefined;
  readonly via: Via;
}

export class Logbook {
  readonly #options: LogbookOptions;

  constructor(options: LogbookOptions) {
    this.#options = options;
  }

  /** @param warn told what could not be put on record */
  page(warn: Emit, actor: CallActor = { via: this.#options.via }): Page {
    return new Page({ ...this.#options, warn, actor });
  }
}

interface PageOptions extends LogbookOptions {
  readonly warn: Emit;
  readonly actor: CallActor;
}

/** Of one call. Neither method throws: what a call did is done, whether or not it can be put on record. */
export class Page {
  readonly #options: PageOptions;
  readonly #actor: AuditActor;
  readonly #counter = new CallCounter();
  #counts = new Counts();
  #entries: AuditEntry[] = [];
  #happened: StoreEventDraft[] = [];
  #failure: ModelError | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#actor = { user: currentUser(), host: hostname(), pid: process.pid, ...options.actor };
  }

  async write(events: readonly ModelEvent[]): Promise<void> {
    for (const event of events) this.#take(event);
    this.#happened.push(...storeEvents(events, this.#actor.via));
    await this.#tried(() => this.#writeCounts());
    await this.#tried(() => this.#writeEntries());
    await this.#tried(() => this.#writeHappened());
  }

  /** Says what could not be written. */
  async close(): Promise<void> {
    if (this.#isWritten) return;
    await this.write([]);
    if (!this.#isWritten) this.#warn();
  }

  get #isWritten(): boolean {
    return this.#counts.isEmpty && this.#entries.length === 0 && this.#happened.length === 0;
  }

  #take(event: ModelEvent): void {
    if (this.#options.counts) this.#counts.add(this.#counter.take(event));
    const entry = this.#options.audit === undefined ? undefined : auditEntry(event, this.#actor);
    if (entry !== undefined) this.#entries.push(entry);
  }

  /** Where there is no store, none is made to keep a count of it. */
  async #writeCounts(): Promise<void> {
    const { store } = this.#options;
    if (this.#counts.isEmpty) return;
    if (readStoreId(store) !== undefined) await writeCounts(store, this.#counts.all());
    this.#counts = new Counts();
  }

  async #writeEntries(): Promise<void> {
    const { store, audit } = this.#options;
    if (audit === undefined || this.#entries.length === 0) return;
    if (audit.isInStore && this.#entries.some(({ outcome }) => outcome === 'ok')) await openStore(store);
    if (!audit.isInStore || readStoreId(store) !== undefined) await audit.append(this.#entries);
    this.#entries = [];
  }

  async #writeHappened(): Promise<void> {
    const { store } = this.#options;
    if (this.#happened.length === 0) return;
    if (readStoreId(store) !== undefined) await writeStoreEvents(store, this.#happened);
    this.#happened = [];
  }

  async #tried(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#failure = asModelError(error);
    }
  }

  /** A root that cannot be written keeps no counters, and nobody expects it to; what the audit log lacks is told always. */
  #warn(): void {
    const why = this.#failure?.message ?? '';
    const lines = this.#entries.map(({ act }) => act).join(', ');
    if (lines !== '') this.#tell('audit_not_written', `not in the audit log: ${lines}: ${why}`);
    else if (isUnwritable(this.#failure)) return;
    else if (!this.#counts.isEmpty) this.#tell('metrics_not_written', `some counters are lost: ${why}`);
    else this.#tell('events_not_written', `who watches is not told of it: ${why}`);
  }

  #tell(code: string, message: string): void {
    this.#options.warn({ type: 'warning', code, message });
  }
}
