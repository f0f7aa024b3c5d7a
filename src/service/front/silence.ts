/** Whether the thread of the service goes on, as it is told to people: one line when it does not any more, one when it does again. */
import type { LogRecord } from '../../observability/log-record.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { serviceRecord } from '../service-record.ts';

/** After it nothing is handed to the thread any more: whoever asks is told so at once. */
const UNRESPONSIVE_MS = 5000;

export interface SilenceOptions {
  readonly silentMs: () => number;
  readonly onLog: (record: LogRecord) => void;
}

export class Silence {
  readonly #options: SilenceOptions;
  #sinceMs: number | undefined;

  constructor(options: SilenceOptions) {
    this.#options = options;
    ({ promise: this.begun, resolve: this.#tellBegun } = Promise.withResolvers<undefined>());
  }

  /** Settled when it begins for the first time. */
  readonly begun: Promise<undefined>;
  #tellBegun: (nothing: undefined) => void;

  get isUnresponsive(): boolean {
    return this.#sinceMs !== undefined;
  }

  get silentMs(): number {
    return this.#options.silentMs();
  }

  /** For people: what is known of why nothing can be told. */
  get why(): string {
    return `the file system of the models, or of one of their sources, has not answered for ${formatDuration(this.silentMs)}`;
  }

  /** Call several times a second. */
  look(): void {
    const silentMs = this.#options.silentMs();
    if (this.#sinceMs === undefined && silentMs >= UNRESPONSIVE_MS) this.#begin(silentMs);
    else if (this.#sinceMs !== undefined && silentMs === 0) this.#end(this.#sinceMs);
  }

  #begin(silentMs: number): void {
    this.#sinceMs = performance.now() - silentMs;
    this.#tellBegun(undefined);
    this.#log('ERROR', `${this.why}: until it does, health is told as it was, and other requests get 503`);
  }

  #end(sinceMs: number): void {
    this.#sinceMs = undefined;
    this.#log('WARN', `the file systems answer again, after ${formatDuration(performance.now() - sinceMs)}`);
  }

  #log(level: LogRecord['level'], message: string): void {
    this.#options.onLog({
      ...serviceRecord(level, 'service.trouble', message),
      ...(level === 'ERROR' && { error_code: 'FILESYSTEM_ERROR' as const }),
    });
  }
}
