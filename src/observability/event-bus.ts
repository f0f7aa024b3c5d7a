import type { Emit, EventBody, EventSink, ModelEvent } from '../domain/events.ts';
import type { Clock } from '../domain/world.ts';
import { redactValue } from './redact-value.ts';

/** Whom the events of an emitter are about. */
export interface EventScope {
  readonly correlationId: string;
  /** Canonical reference. */
  readonly model?: string;
  readonly variant?: string;
  readonly traceparent?: string;
}

export interface EventBus {
  /** @param own receivers of the events of this emitter, beside those of all */
  emitFor(scope: EventScope, own?: readonly EventSink[]): Emit;
  /** Gives back what ends the subscription. */
  subscribe(sink: EventSink): () => void;
}

interface Addressed {
  readonly scope: EventScope;
  readonly own: Set<EventSink>;
}

export interface EventBusOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly sinks?: readonly EventSink[];
}

/**
 * Adds the envelope, redacts every string, hands each event to every sink. Never throws: a sink that fails is a bug of
 * its author; it gets no further event, and a `warning` with code `sink_failed` tells the others.
 */
export function createEventBus({ clock, sinks = [] }: EventBusOptions): EventBus {
  const subscribed = new Set(sinks);
  let seq = 0;

  const send = (to: Addressed, body: EventBody): void => {
    seq += 1;
    const event = { time: new Date(clock.now()).toISOString(), seq, ...to.scope, ...(redactValue(body) as EventBody) };
    for (const sink of [...subscribed, ...to.own]) deliver(sink, event, (reason) => drop(sink, reason, to));
  };

  const drop = (sink: EventSink, reason: unknown, to: Addressed): void => {
    const wasTold = [subscribed.delete(sink), to.own.delete(sink)].includes(true);
    if (!wasTold) return;
    const why = reason instanceof Error ? reason.message : String(reason);
    send(to, { type: 'warning', code: 'sink_failed', message: `a receiver of events failed and gets no more: ${why}` });
  };

  return {
    emitFor: (scope, own = []) => {
      const to = { scope: redactValue(scope) as EventScope, own: new Set(own) };
      return (body) => send(to, body);
    },
    subscribe: (sink) => {
      subscribed.add(sink);
      return () => {
        subscribed.delete(sink);
      };
    },
  };
}

/** Also catches what an asynchronous sink, which the type lets pass, rejects with: nobody else would. */
function deliver(sink: EventSink, event: ModelEvent, onFailure: (reason: unknown) => void): void {
  try {
    const returned: unknown = sink(event);
    if (returned instanceof Promise) returned.catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
