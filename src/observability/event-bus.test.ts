import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { EventSink, ModelEvent } from '../domain/events.ts';
import { createEventBus } from './event-bus.ts';

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

function collector(): { events: ModelEvent[]; sink: EventSink } {
  const events: ModelEvent[] = [];
  return { events, sink: (event) => events.push(event) };
}

describe('the event bus', () => {
  it('adds the envelope, with a sequence over all emitters', () => {
    const { events, sink } = collector();
    const bus = createEventBus({ clock, sinks: [sink] });
    bus.emitFor({ correlationId: 'req-1', model: 'm@1.0.0' })({ type: 'ensure.phase', phase: 'planning' });
    bus.emitFor({ correlationId: 'req-2' })({ type: 'warning', code: 'a', message: 'b' });
    expect(events).toStrictEqual([
      { time: '2026-01-02T03:04:05.678Z', seq: 1, correlationId: 'req-1', model: 'm@1.0.0', type: 'ensure.phase', phase: 'planning' },
      { time: '2026-01-02T03:04:05.678Z', seq: 2, correlationId: 'req-2', type: 'warning', code: 'a', message: 'b' },
    ]);
  });

  it('lets no secret through', () => {
    const { events, sink } = collector();
    const emit = createEventBus({ clock, sinks: [sink] }).emitFor({ correlationId: 'c' });
    emit({ type: 'source.lied', source: 'https://me:hunter2222@h.example/?sig=abcdefghijk', file: 'f', expected: 'a', found: 'b' });
    emit({
      type: 'ensure.failed',
      error: { code: 'AUTH_FAIL', message: 'Bearer AbCdEfGhIjKl', hint: '', retryable: false, details: { hf_token: 'AbCdEfGhIjKl' } },
    });
    expect(JSON.stringify(events)).not.toMatch(/hunter2222|abcdefghijk|AbCdEfGhIjKl/);
    expect(events).toHaveLength(2);
  });

  it('stops telling whoever unsubscribed', () => {
    const { events, sink } = collector();
    const bus = createEventBus({ clock });
    const emit = bus.emitFor({ correlationId: 'c' });
    const unsubscribe = bus.subscribe(sink);
    emit({ type: 'ensure.phase', phase: 'planning' });
    unsubscribe();
    emit({ type: 'ensure.phase', phase: 'publishing' });
    expect(events.map((event) => event.type === 'ensure.phase' && event.phase)).toEqual(['planning']);
  });

  it('drops a sink that throws, tells the others once, and goes on', () => {
    const { events, sink } = collector();
    let calls = 0;
    const broken: EventSink = () => {
      calls += 1;
      throw new Error('disk of the log is full, token=abcdefghijk');
    };
    const emit = createEventBus({ clock, sinks: [broken, sink] }).emitFor({ correlationId: 'c', model: 'm@1.0.0' });
    emit({ type: 'ensure.phase', phase: 'planning' });
    emit({ type: 'ensure.phase', phase: 'publishing' });
    expect(calls).toBe(1);
    const warnings = events.filter((event) => event.type === 'warning');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ code: 'sink_failed', correlationId: 'c', message: expect.stringContaining('token=ab******jk') });
    expect(events).toHaveLength(3);
  });

  it('survives when every sink throws, even at the report of another', () => {
    const broken = (): EventSink => () => {
      throw new Error('no');
    };
    const emit = createEventBus({ clock, sinks: [broken(), broken()] }).emitFor({ correlationId: 'c' });
    expect(() => emit({ type: 'ensure.phase', phase: 'planning' })).not.toThrow();
  });

  it('drops an asynchronous sink that rejects', async () => {
    const { events, sink } = collector();
    const rejecting = (async () => {
      await setImmediate();
      throw new Error('late');
    }) as unknown as EventSink;
    createEventBus({ clock, sinks: [rejecting, sink] }).emitFor({ correlationId: 'c' })({ type: 'ensure.phase', phase: 'planning' });
    await setImmediate();
    await setImmediate();
    expect(events.at(-1)).toMatchObject({ type: 'warning', code: 'sink_failed' });
  });
});
