import type { EventSink } from '../../domain/events.ts';

/** Shows the events of a verb while it works. */
export interface ProgressDisplay {
  readonly sink: EventSink;
  /** Gives the terminal back. Nothing is shown afterwards. */
  stop(): Promise<void>;
}
