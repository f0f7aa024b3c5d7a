/** What a reader should know of and need not act on, each once: a source that failed where the next one went on, and the like. */
import type { ModelEvent } from '../../domain/events.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { indentedText } from '../../util/visible-text.ts';

/** The line for an event, or undefined for one that says nothing new. */
export type Notices = (event: ModelEvent) => string | undefined;

/** A shorter wait is over before anybody wonders. */
const LONG_WAIT_MS = 5000;

export function createNotices(): Notices {
  const told = new Set<string>();
  return (event) => {
    const notice = noticeOf(event);
    if (notice === undefined || told.has(notice.about)) return undefined;
    told.add(notice.about);
    return indentedText(`${event.model ?? 'wan'}: ${notice.text}`, '  ');
  };
}

interface Notice {
  /** Notices about the same thing are told once: thirty files that one mirror lacks are one piece of news. */
  readonly about: string;
  readonly text: string;
}

function noticeOf(event: ModelEvent): Notice | undefined {
  switch (event.type) {
    case 'source.failed':
      return { about: `${event.model} ${event.source} ${event.error.code} ${event.error.reason}`, text: failureText(event) };
    case 'retry.scheduled': {
      const { source, delayMs, reason } = event;
      const text = `${source} is asked again in ${formatDuration(delayMs)}: ${reason}`;
      return delayMs < LONG_WAIT_MS ? undefined : { about: `${event.model} ${source} again ${reason}`, text };
    }
    case 'source.lied':
      return { about: `${event.source} ${event.file}`, text: `${event.source} gave wrong bytes for ${event.file}; they were dropped` };
    case 'blob.healed':
      return { about: event.digest, text: `linked anew: ${event.links.join(', ')}` };
    case 'warning':
      return { about: `${event.code} ${event.message}`, text: `warning: ${event.message}` };
    default:
      return undefined;
  }
}

function failureText({ source, file, error }: ModelEvent & { readonly type: 'source.failed' }): string {
  const what = file === undefined ? '' : ` ${file}`;
  return error.reason === 'not_found'
    ? `${source} does not have${what || ' it'}`
    : `${source} failed:${what} ${error.code} ${error.message}`;
}
