import { visibleText } from '../../util/visible-text.ts';
import { eventWire } from '../../wire/event-wire.ts';
import type { ProgressDisplay } from './progress-display.ts';

/** One JSON object a line for every event, snake_case keys. */
export function jsonProgress(line: (text: string) => void): ProgressDisplay {
  return { sink: (event) => line(visibleText(JSON.stringify(eventWire(event)))), stop: async () => {} };
}
