/** Bars on a terminal: a line a model, the files in transfer beneath, redrawn at most ten times a second. */
import { NO_PROGRESS, reduceProgress } from '../../observability/progress.ts';
import type { Screen } from '../render/screen.ts';
import { frame } from './frame.ts';
import { createNotices } from './notices.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { SHOW_CURSOR, type StatusArea } from './status-area.ts';

const FRAME_MS = 100;

export function liveProgress(area: StatusArea, screen: () => Screen): ProgressDisplay {
  let state = NO_PROGRESS;
  let changed = false;
  const notices = createNotices();
  const draw = (): void => {
    if (!changed && ![...state.values()].some(({ phase }) => phase === 'transferring')) return;
    changed = false;
    area.draw(frame(screen(), [...state.values()], Date.now()));
  };
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  const restore = (): void => void process.stderr.write(SHOW_CURSOR);
  process.once('exit', restore);
  return {
    sink: (event) => {
      const next = reduceProgress(state, event);
      changed ||= next !== state;
      const notice = notices(event);
      if (notice !== undefined) area.line(notice);
      state = next;
    },
    stop: async () => {
      clearInterval(timer);
      process.off('exit', restore);
      area.clear();
    },
  };
}
