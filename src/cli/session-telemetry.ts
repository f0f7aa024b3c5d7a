/** A command's span, and the way of its events to a collector. */
import { openOtlp } from '../compose/otlp.ts';
import type { Config } from '../config/config.ts';
import type { ModelError } from '../domain/errors.ts';
import type { EventSink } from '../domain/events.ts';
import { createEventBus } from '../observability/event-bus.ts';
import { systemClock } from '../util/system-world.ts';
import { packageVersion } from './package-version.ts';
import type { Session } from './session.ts';
import { stderrLog } from './stderr-log.ts';

export interface SessionTelemetry {
  readonly sink: EventSink;
  /** Of the command's span; undefined where no traces are kept. */
  readonly traceparent: string | undefined;
  /** Takes 2 s at most, and never throws. */
  close(error: ModelError | undefined): Promise<void>;
}

export async function openTelemetry(session: Session): Promise<SessionTelemetry | undefined> {
  const config = await session.config();
  const otlp = await openOtlp(config, { version: packageVersion(), isService: false, onTrouble: troubleTeller(session, config) });
  if (otlp === undefined) return undefined;
  const { correlationId, title } = session;
  const span = otlp.span(title, { traceparent: config.traceparent, attributes: { 'wan.correlation_id': correlationId } });
  return {
    sink: otlp.sink,
    traceparent: span?.traceparent,
    close: async (error) => {
      span?.end({ error });
      await otlp.close();
    },
  };
}

/** A line of the log where somebody asked for one, else a plain one; of a quiet command neither. */
function troubleTeller(session: Session, config: Config): (message: string) => void {
  return (message) => {
    const log = stderrLog(config, session);
    if (log === undefined && !session.isQuiet) session.area.line(`warning: ${message}`);
    const bus = createEventBus({ clock: systemClock, sinks: log === undefined ? [] : [log] });
    bus.emitFor({ correlationId: session.correlationId })({ type: 'warning', code: 'otlp_not_sent', message });
  };
}
