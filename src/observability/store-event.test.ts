import { expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import { storeEvents } from './store-event.ts';

const event = (body: EventBody, more: Partial<ModelEvent> = {}): ModelEvent =>
  ({ time: '2026-03-01T12:00:00.000Z', seq: 1, correlationId: 'c', model: 'a@1.0.0', variant: 'fp32', ...more, ...body }) as ModelEvent;
const failed = (code: string, model: string | undefined): ModelEvent =>
  event({ type: 'act.failed', act: 'ensure', error: { code, message: 'm', hint: 'h', retryable: false } as never }, { model } as never);
const told = (...events: ModelEvent[]) => storeEvents(events, 'cli').map(({ type, model, data }) => ({ type, model, data }));

it('a model that is published is available, and one that was there already is no news', () => {
  const finished = {
    type: 'ensure.finished',
    path: '/m',
    fetchedBytes: 5,
    sources: ['local://a'],
    durationMs: 7,
    proof: undefined,
  } as const;
  expect(storeEvents([event({ ...finished, published: true })], 'http')).toEqual([
    {
      ...{ type: 'model.available', time: '2026-03-01T12:00:00.000Z', model: 'a@1.0.0', variant: 'fp32', correlation_id: 'c', via: 'http' },
      data: { by: 'ensure', path: '/m', fetched_bytes: 5, sources: ['local://a'], duration_ms: 7 },
    },
  ]);
  expect(told(event({ ...finished, published: false }))).toEqual([]);
});

it('a failure is told of a model alone, and not where only the question was wrong or somebody stopped it', () => {
  expect(told(failed('NO_SPACE', 'a@1.0.0'))).toEqual([
    { type: 'model.error', model: 'a@1.0.0', data: { act: 'ensure', code: 'NO_SPACE', message: 'm', retryable: false } },
  ]);
  for (const code of ['CANCELLED', 'MODEL_NOT_FOUND', 'INVALID_INPUT']) expect(told(failed(code, 'a@1.0.0')), code).toEqual([]);
  expect(told(failed('NO_SPACE', undefined))).toEqual([]);
});

it('bad files of a model are one event, with the first of their names', () => {
  const bad = (model: string, at: number) => event({ type: 'verify.file', file: `f${at}`, ok: false, fault: 'digest' }, { model });
  const good = event({ type: 'verify.file', file: 'good', ok: true });
  const events = told(...Array.from({ length: 30 }, (_, at) => bad('a@1.0.0', at)), good, bad('b@1.0.0', 0));
  expect(events.map(({ model, data }) => [model, data.file_count, (data.files as string[]).length])).toEqual([
    ['a@1.0.0', 30, 20],
    ['b@1.0.0', 1, 1],
  ]);
});

it('a model that gc or rm takes out of use is gone; other things that gc removes are not models', () => {
  const removed = (kind: 'model' | 'blob') =>
    event({ type: 'gc.removed', kind, what: 'b@1.0.0', bytes: 9, reason: 'max_age' }, { model: undefined } as never);
  expect(told(removed('model'), removed('blob'))).toEqual([
    { type: 'model.removed', model: 'b@1.0.0', data: { by: 'gc', reason: 'max_age', bytes: 9, in_trash: false } },
  ]);
  const rm = (facts: Record<string, boolean | number>) => event({ type: 'act.finished', act: 'rm', facts });
  expect(told(rm({ removed: true, reclaimed_bytes: 3 }), rm({ removed: false, reclaimed_bytes: 3 }))).toEqual([
    { type: 'model.removed', model: 'a@1.0.0', data: { by: 'rm', bytes: 3 } },
  ]);
});

it('each model of an import is available', () => {
  const facts = { published: 'a@1.0.0, b@1.0.0', path: '/x' };
  expect(told(event({ type: 'act.finished', act: 'import', facts })).map(({ type, model }) => `${type} ${model}`)).toEqual([
    'model.available a@1.0.0',
    'model.available b@1.0.0',
  ]);
  expect(told(event({ type: 'act.finished', act: 'import', facts: { published: '' } }))).toEqual([]);
});
