import type { Emit, EventBody, EventSink, ModelEvent } from '../domain/events.ts';
import type { Clock } from '../domain/world.ts';
import { redactValue } from './redact-value.ts';

/** Whom the events of an emitter are about. */
export interface EventScope {
  readonly correlationId: string;
  /** Canonical reference. */
  readonly model?: string;
}

export interface EventBus {
  emitFor(scope: EventScope): Emit;
  /** Gives back what ends the subscription. */
  subscribe(sink: EventSink): () => void;
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

  const send = (scope: EventScope, body: EventBody): void => {
    seq += 1;
    const { correlationId, model } = scope;
    const envelope = { time: new Date(clock.now()).toISOString(), seq, correlationId, ...(model !== undefined && { model }) };
    const event = { ...envelope, ...(redactValue(body) as EventBody) };
    for (const sink of [...subscribed]) deliver(sink, event, (reason) => drop(sink, reason, scope));
  };

  const drop = (sink: EventSink, reason: unknown, scope: EventScope): void => {
    if (!subscribed.delete(sink)) return;
    const why = reason instanceof Error ? reason.message : String(reason);
    send(scope, { type: 'warning', code: 'sink_failed', message: `a receiver of events failed and gets no more: ${why}` });
  };

  return {
    emitFor: (scope) => {
      const redacted = redactValue(scope) as EventScope;
      return (body) => send(redacted, body);
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
