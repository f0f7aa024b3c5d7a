import type { Config } from '../../config/config.ts';
import type { EventType, ModelEvent } from '../../domain/events.ts';
import { screenOf } from '../render/screen.ts';
import type { Session } from '../session.ts';
import type { ProgressDisplay } from './progress-display.ts';

type Mode = Exclude<Config['progress'], 'auto'>;

/** The display that the command line, the configuration and the terminal ask for. */
export async function startProgress(session: Session): Promise<ProgressDisplay> {
  const { progress } = await session.config();
  if (session.isQuiet || progress === 'none') return { sink: () => {}, stop: async () => {} };
  return progress === 'json' ? loadDisplay(progress, session) : deferred(async () => loadDisplay(await modeOf(session), session));
}

async function modeOf({ config, io }: Session): Promise<Mode> {
  const { progress, ci } = await config();
  if (progress !== 'auto') return progress;
  return io.stderr.isTTY && !ci && io.env.TERM !== 'dumb' ? 'bar' : 'plain';
}

async function loadDisplay(mode: Mode, { io, area, noColor }: Session): Promise<ProgressDisplay> {
  const line = (text: string): void => area.line(text);
  if (mode === 'json') return (await import('./json-progress.ts')).jsonProgress(line);
  if (mode !== 'bar') return (await import('./plain-progress.ts')).plainProgress(line);
  const { liveProgress } = await import('./live-progress.ts');
  return liveProgress(area, () => screenOf(io.stderr, { env: io.env, platform: io.platform, noColor }));
}

/** What a model that is complete already, or is none, says: no reason to load a display, which would cost more than the answer. */
const QUIET_EVENTS: readonly EventType[] = ['ensure.started', 'ensure.finished', 'ensure.failed', 'act.finished', 'act.failed'];

function deferred(load: () => Promise<ProgressDisplay>): ProgressDisplay {
  const kept: ModelEvent[] = [];
  let display: ProgressDisplay | undefined;
  let loading: Promise<void> | undefined;
  const loadNow = async (): Promise<void> => {
    display = await load();
    for (const event of kept) display.sink(event);
  };
  return {
    sink: (event) => {
      if (display !== undefined) return display.sink(event);
      kept.push(event);
      if (!QUIET_EVENTS.includes(event.type)) loading ??= loadNow();
    },
    stop: async () => {
      await loading;
      await display?.stop();
    },
  };
}
