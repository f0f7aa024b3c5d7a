/** Progress for logs and CI: a line when a model starts, every 10 s, and when it ends. */
import { describeHolder } from '../../domain/describe-holder.ts';
import type { EventType, ModelEvent } from '../../domain/events.ts';
import { type ModelProgress, NO_PROGRESS, reduceProgress } from '../../observability/progress.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { createNotices } from './notices.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { speedText } from './speed-text.ts';

const PERIOD_MS = 10_000;

export function plainProgress(line: (text: string) => void): ProgressDisplay {
  let state = NO_PROGRESS;
  const notices = createNotices();
  const said = new Map<string, { readonly atMs: number; readonly doneBytes: number }>();

  /** By the events' own clock: a model that says nothing gets no line. */
  const sayStep = (event: ModelEvent, model: ModelProgress): void => {
    const atMs = Date.parse(event.time);
    const last = said.get(model.model);
    if (last !== undefined && atMs - last.atMs < PERIOD_MS) return;
    if (last !== undefined) line(stepText(model, atMs));
    said.set(model.model, { atMs, doneBytes: model.doneBytes });
  };

  return {
    sink: (event) => {
      state = reduceProgress(state, event);
      const text = momentText(event);
      if (text !== undefined) line(`${event.model ?? ''}: ${text}`);
      const notice = notices(event);
      if (notice !== undefined) line(notice);
      const model = state.get(`${event.correlationId} ${event.model ?? ''}`);
      if (model !== undefined && isStep(event)) sayStep(event, model);
    },
    stop: async () => {},
  };
}

const STEPS: readonly EventType[] = ['ensure.progress', 'verify.progress', 'lock.progress', 'tier.progress'];
const isStep = ({ type }: ModelEvent): boolean => STEPS.includes(type);

/** Lines for what happens once. */
function momentText(event: ModelEvent): string | undefined {
  switch (event.type) {
    case 'ensure.planned':
      return `${formatBytes(event.totalBytes)}${event.deriveBytes ? ' with what it is made from' : ''}, ${formatBytes(event.heldBytes)} here, ${formatBytes(event.fetchBytes)} to fetch${further(event.copyBytes, 'to copy')}${further(event.deriveBytes, 'to derive')}`;
    case 'lock.waiting':
      return `waiting for ${describeHolder(event.holder, Date.parse(event.time))}`;
    case 'ensure.finished':
      return `complete in ${formatDuration(event.durationMs)}, ${formatBytes(event.fetchedBytes)} fetched, ${event.proof ?? 'no proof'}`;
    case 'ensure.failed':
      return `failed: ${event.error.code}`;
    default:
      return undefined;
  }
}

const further = (bytes = 0, what = ''): string => (bytes === 0 ? '' : `, ${formatBytes(bytes)} ${what}`);

function stepText(model: ModelProgress, nowMs: number): string {
  const done = `${Math.floor(100 * model.way.fraction)} % (${formatBytes(model.doneBytes)} of ${formatBytes(model.totalBytes)})`;
  return `${model.model}: ${[done, ...speedText(model, nowMs)].join(', ')}`;
}
