/** What a world did last: told with a test that ran out of time, whose error says nothing else. */
import { onTestFailed } from 'vitest';
import type { EventSink } from '../../src/domain/events.ts';

const KEPT = 40;

/** Call in a test. Numbers are milliseconds since then. */
export function lastEvents(): EventSink {
  const begunMs = performance.now();
  const events: string[] = [];
  onTestFailed(({ task }) => {
    const [error] = task.result?.errors ?? [];
    // One reporter shows the message, another the stack.
    if (error?.message.startsWith('Test timed out')) error.stack = error.message += `\nwhat it did last:\n${events.join('\n')}`;
  });
  return (event) => {
    events.push(`${Math.round(performance.now() - begunMs)} ${JSON.stringify(event)}`);
    if (events.length > KEPT) events.shift();
  };
}
