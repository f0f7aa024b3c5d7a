import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import { type ModelProgress, NO_PROGRESS, progressState, reduceProgress } from './progress.ts';
import { NO_SPEED, speedAfter, speedAt, timeLeftMs } from './speed.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** Events of one call, a second apart. */
const events = (...bodies: EventBody[]): ModelEvent[] =>
  bodies.map((body, index) => ({
    time: new Date(START_MS + index * 1000).toISOString(),
    seq: index + 1,
    correlationId: 'c',
    model: 'm@1.0.0',
    ...body,
  }));

function only(...bodies: EventBody[]): ModelProgress {
  const [model, ...others] = progressState(events(...bodies)).values();
  if (model === undefined || others.length > 0) throw new Error('not exactly one model');
  return model;
}

const progress = (doneBytes: number, totalBytes: number): EventBody => ({
  type: 'ensure.progress',
  doneBytes,
  totalBytes,
  bytesPerSecond: 0,
});
const PLANNED: EventBody = { type: 'ensure.planned', totalBytes: 1000, heldBytes: 400, fetchBytes: 600 };

describe('progress of a model', () => {
  it('starts at the held bytes, which count as done but not as speed', () => {
    const model = only({ type: 'ensure.started', fileCount: 3, totalBytes: 1000 }, PLANNED, progress(500, 1000));
    expect(model).toMatchObject({ fileCount: 3, doneBytes: 500, totalBytes: 1000 });
    expect(model.speed.bytesPerSecond).toBe(100);
  });

  it('keeps the done bytes and raises the total when bytes are fetched anew', () => {
    expect(only(PLANNED, progress(900, 1000), progress(700, 1200))).toMatchObject({ doneBytes: 900, totalBytes: 1200 });
  });

  it('shows a part that never goes down: where the total grows, what is left of it is shared among what is left then', () => {
    expect(only(PLANNED, progress(500, 1000)).way.fraction).toBe(0.5);
    expect(only(PLANNED, progress(500, 1000), progress(500, 1500)).way.fraction).toBe(0.5);
    expect(only(PLANNED, progress(500, 1000), progress(500, 1500), progress(1000, 1500)).way.fraction).toBe(0.75);
    expect(only(PLANNED, progress(500, 1000), progress(1500, 1500)).way.fraction).toBe(1);
    const steps = fc.array(fc.record({ done: fc.nat(1000), total: fc.nat(2000) }), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (told) => {
        let state = NO_PROGRESS;
        let last = 0;
        for (const event of events(...told.map(({ done, total }) => progress(done, total)))) {
          state = reduceProgress(state, event);
          const { fraction } = [...state.values()][0]?.way ?? { fraction: 0 };
          expect(fraction).toBeGreaterThanOrEqual(last);
          expect(fraction).toBeLessThanOrEqual(1);
          last = fraction;
        }
      }),
    );
  });

  it('shows files in transfer, and counts those that are complete by origin', () => {
    const file: EventBody = { type: 'file.started', file: 'a', sizeBytes: 100, heldBytes: 10, source: 'https://a.example' };
    const partly: EventBody = { type: 'file.progress', file: 'a', doneBytes: 60, sizeBytes: 100, verifiedBytes: 30 };
    const whole: EventBody = {
      type: 'file.finished',
      file: 'a',
      sizeBytes: 100,
      fetchedBytes: 90,
      origin: 'fetched',
      sources: [],
      proof: 'lock-sha256',
      durationMs: 1,
    };
    expect(only(file, partly).activeFiles.get('a')).toEqual({
      file: 'a',
      source: 'https://a.example',
      sizeBytes: 100,
      doneBytes: 60,
      verifiedBytes: 30,
    });
    const done = only(file, partly, whole, partly);
    expect(done.activeFiles.size).toBe(0);
    expect(done).toMatchObject({ filesDone: 1, filesByOrigin: { fetched: 1, linked: 0 } });
  });

  it('says who is waited for until work goes on', () => {
    const holder = {
      pid: 7,
      host: 'h',
      bootId: 'b',
      since: new Date(START_MS).toISOString(),
      doing: 'ensure m',
      doneBytes: 5,
      totalBytes: 10,
    };
    const waiting: EventBody = { type: 'lock.waiting', lock: 'model', holder, waitedMs: 1000 };
    expect(only(PLANNED, waiting)).toMatchObject({
      phase: 'waiting',
      waiting: { text: 'waiting for pid 7 on h (50 %)', doneBytes: 5, totalBytes: 10 },
    });
    expect(only(PLANNED, { ...waiting, holder: { ...holder, doneBytes: 0 } }).waiting?.text).toBe('waiting for pid 7 on h (0 %)');
    const after = only(PLANNED, waiting, { type: 'ensure.phase', phase: 'planning' });
    expect(after.phase).toBe('planning');
    expect(after.waiting).toBeUndefined();
  });

  it('ends with the path, or with the error', () => {
    const finished = only(PLANNED, { type: 'ensure.finished', path: '/m', fetchedBytes: 600, durationMs: 1, proof: undefined });
    expect(finished).toMatchObject({ phase: 'finished', path: '/m', doneBytes: 1000 });
    const error = { code: 'CANCELLED', message: 'm', hint: 'h', retryable: true } as const;
    expect(only(PLANNED, { type: 'ensure.failed', error })).toMatchObject({ phase: 'failed', error, doneBytes: 400 });
  });

  it('keeps calls and models apart', () => {
    const [event] = events(PLANNED);
    if (event === undefined) throw new Error('no event');
    const state = progressState([event, { ...event, model: 'n@1.0.0' }, { ...event, correlationId: 'd' }, event]);
    expect([...state.values()].map(({ correlationId, model }) => `${correlationId} ${model}`)).toEqual([
      'c m@1.0.0',
      'c n@1.0.0',
      'd m@1.0.0',
    ]);
  });

  it('does not change the state that it is given, and gives it back where an event says nothing', () => {
    const [planned, further, warning] = events(PLANNED, progress(500, 1000), { type: 'warning', code: 'c', message: 'm' });
    if (!planned || !further || !warning) throw new Error('no events');
    const before = reduceProgress(NO_PROGRESS, planned);
    const copy = structuredClone(before);
    expect(reduceProgress(before, further)).not.toBe(before);
    expect(reduceProgress(before, warning)).toBe(before);
    expect(before).toEqual(copy);
  });
});

const bytes = fc.nat({ max: 5000 });
const name = fc.constantFrom('a', 'b');
const anyBody: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({ type: fc.constant('ensure.started' as const), fileCount: bytes, totalBytes: bytes }),
  fc.record({ type: fc.constant('ensure.planned' as const), totalBytes: bytes, heldBytes: bytes, fetchBytes: bytes }),
  fc.record({ type: fc.constant('ensure.progress' as const), doneBytes: bytes, totalBytes: bytes, bytesPerSecond: bytes }),
  fc.record({ type: fc.constant('verify.progress' as const), doneBytes: bytes, totalBytes: bytes }),
  fc.record({ type: fc.constant('file.started' as const), file: name, sizeBytes: bytes, heldBytes: bytes, source: fc.constant('s') }),
  fc.record({ type: fc.constant('file.progress' as const), file: name, sizeBytes: bytes, doneBytes: bytes, verifiedBytes: bytes }),
  fc.record({
    type: fc.constant('ensure.phase' as const),
    phase: fc.constantFrom('planning' as const, 'transferring' as const, 'publishing' as const),
  }),
  fc.record({ type: fc.constant('lock.waiting' as const), lock: name, waitedMs: bytes }),
);

describe('invariant 5, for any sequence of events of a call', () => {
  it('done bytes never go down, of the model or of a file, and never exceed the total', () => {
    fc.assert(
      fc.property(fc.array(anyBody, { maxLength: 30 }), (bodies) => {
        let state = NO_PROGRESS;
        let before: ModelProgress | undefined;
        for (const event of events(...bodies)) {
          state = reduceProgress(state, event);
          const after = [...state.values()][0];
          if (after === undefined) continue;
          expect(after.doneBytes).toBeGreaterThanOrEqual(before?.doneBytes ?? 0);
          expect(after.doneBytes).toBeLessThanOrEqual(after.totalBytes);
          for (const file of after.activeFiles.values()) {
            expect(file.doneBytes).toBeGreaterThanOrEqual(before?.activeFiles.get(file.file)?.doneBytes ?? 0);
          }
          before = after;
        }
      }),
    );
  });
});

describe('speed', () => {
  const steady = (bytesPerSecond: number, seconds: number, from = NO_SPEED) => {
    let speed = from;
    const start = from.last ?? { atMs: 0, doneBytes: 0 };
    for (let step = 0; step <= seconds * 10; step += 1) {
      speed = speedAfter(speed, start.doneBytes + (bytesPerSecond * step) / 10, start.atMs + step * 100);
    }
    return speed;
  };

  it('is that of a steady transfer', () => {
    expect(steady(5000, 4).bytesPerSecond).toBeCloseTo(5000, 5);
  });

  it('follows a change within seconds', () => {
    const slower = steady(1000, 12, steady(5000, 4));
    expect(slower.bytesPerSecond).toBeGreaterThan(1000);
    expect(slower.bytesPerSecond).toBeLessThan(1400);
  });

  it('fades while nothing arrives, and then tells no time left', () => {
    const speed = steady(5000, 4);
    expect(speedAt(speed, 4100)).toBeCloseTo(5000, 5);
    expect(speedAt(speed, 9000)).toBeLessThan(2500);
    expect(timeLeftMs(speed, 10_000, 4000)).toBeCloseTo(2000, 5);
    expect(timeLeftMs(speed, 10_000, 90_000)).toBeUndefined();
    expect(timeLeftMs(speed, 0, 90_000)).toBe(0);
    expect(timeLeftMs(speed, 5000 * 8 * 24 * 3600, 4000), 'of a week and more').toBeUndefined();
  });

  it('survives a clock that is set back', () => {
    const speed = speedAfter(steady(5000, 4), 25_000, -60_000);
    expect(speed.bytesPerSecond).toBeCloseTo(5000, 5);
    expect(speedAfter(speed, 30_000, -59_000).bytesPerSecond).toBeCloseTo(5000, 5);
  });
});
