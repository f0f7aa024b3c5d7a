import { describe, expect, it } from 'vitest';
import type { ErrorDocument } from '../../domain/errors.ts';
import type { EventBody, ModelEvent } from '../../domain/events.ts';
import { CallCounter } from './call-counter.ts';
import { COUNTED } from './catalog.ts';
import { Counts } from './counts.ts';

const error = (code: ErrorDocument['code']): ErrorDocument => ({ code, message: '', hint: '', retryable: false });

/** What a call with these events counts: `metric{labels} values`. */
function countsOf(bodies: readonly EventBody[], scope: Partial<ModelEvent> = { model: 'm@1.0.0', variant: 'fp16' }): string[] {
  const counter = new CallCounter();
  const events = bodies.map((body, seq) => ({ time: '', seq, correlationId: 'c', ...scope, ...body }) as ModelEvent);
  const counts = new Counts().add(events.flatMap((event) => counter.take(event))).all();
  return counts.map(({ metric, labels, values }) => `${metric}{${labels.join(',')}} ${values.join(' ')}`);
}

const planned: EventBody = { type: 'ensure.planned', totalBytes: 10, heldBytes: 0, fetchBytes: 10 };
const received = (source: string, bytes: number): EventBody => ({ type: 'file.received', file: 'a', source, bytes });
const finished: EventBody = {
  type: 'ensure.finished',
  path: '/m',
  fetchedBytes: 10,
  durationMs: 4000,
  proof: 'manifest-sha256',
  published: true,
};

describe('a call', () => {
  it('that downloads counts its start, its end by the source of most bytes, the bytes of each, and its time', () => {
    expect(countsOf([planned, planned, received('hf://a/b', 7), received('s3://c/d', 2), received('hf://a/b', 1), finished])).toEqual([
      'model_download_bytes_total{m@1.0.0,fp16,hf://a/b} 8',
      'model_download_bytes_total{m@1.0.0,fp16,s3://c/d} 2',
      'model_download_duration_seconds{m@1.0.0,fp16,hf://a/b} 1 4 0 1 0 0 0 0 0 0 0 0 0',
      'model_downloads_total{m@1.0.0,fp16,,started} 1',
      'model_downloads_total{m@1.0.0,fp16,hf://a/b,completed} 1',
    ]);
  });

  it('that fails on the way keeps the bytes that came, and its error is counted once', () => {
    const failure = error('CHECKSUM_FAIL');
    const bodies: EventBody[] = [
      planned,
      received('hf://a/b', 3),
      { type: 'source.lied', source: 'hf://a/b', file: 'a', expected: 'x', found: 'y' },
      { type: 'ensure.failed', error: failure },
      { type: 'act.failed', act: 'ensure', error: failure },
    ];
    expect(countsOf(bodies)).toEqual([
      'integrity_failures_total{m@1.0.0,a} 1',
      'model_download_bytes_total{m@1.0.0,fp16,hf://a/b} 3',
      'model_downloads_total{m@1.0.0,fp16,,started} 1',
      'model_downloads_total{m@1.0.0,fp16,hf://a/b,failed} 1',
      'model_errors_total{CHECKSUM_FAIL,m@1.0.0,} 1',
    ]);
  });

  it('that was cancelled is no error', () => {
    const failure = error('CANCELLED');
    expect(countsOf([planned, { type: 'ensure.failed', error: failure }, { type: 'act.failed', act: 'ensure', error: failure }])).toEqual([
      'model_downloads_total{m@1.0.0,fp16,,cancelled} 1',
      'model_downloads_total{m@1.0.0,fp16,,started} 1',
    ]);
  });

  it('that had to fetch what was not planned is a download', () => {
    expect(countsOf([{ ...planned, fetchBytes: 0 }, received('hf://a/b', 3), finished])).toContain(
      'model_downloads_total{m@1.0.0,fp16,hf://a/b,completed} 1',
    );
  });

  it('that takes bytes out of a bundle is none', () => {
    expect(countsOf([received('bundle:///x.wan', 3)], { model: 'x.wan' })).toEqual([]);
  });

  it('that had nothing to fetch is no download', () => {
    expect(
      countsOf([
        { ...planned, fetchBytes: 0 },
        { ...finished, fetchedBytes: 0 },
      ]),
    ).toEqual([]);
  });

  it('on a name that no manifest has gets no series of its own', () => {
    const body: EventBody = { type: 'act.failed', act: 'rm', error: error('MODEL_NOT_FOUND') };
    expect(countsOf([body], { model: 'typo-4711@1.0.0' })).toEqual(['model_errors_total{MODEL_NOT_FOUND,,} 1']);
  });

  it('of something that is no model has no model in its labels', () => {
    const body: EventBody = { type: 'act.failed', act: 'scrub', error: error('LOCK_TIMEOUT') };
    for (const model of ['the store', 'import from a@b', 'bundle@1.wan'])
      expect(countsOf([body], { model })).toEqual(['lock_timeouts_total{} 1', 'model_errors_total{LOCK_TIMEOUT,,} 1']);
  });
});

it('a web source is counted by its origin: files with URLs of their own would be a series each', () => {
  const sources = ['https://cdn.example/a/b.bin?…', 'https://cdn.example/c', 'https://cdn.example:8443/', 'local://x/y', 'hf://A/B@main'];
  const counts = countsOf(sources.map((source) => received(source, 1))).filter((line) => line.startsWith('model_download_bytes'));
  expect(counts).toEqual([
    'model_download_bytes_total{m@1.0.0,fp16,hf://A/B@main} 1',
    'model_download_bytes_total{m@1.0.0,fp16,https://cdn.example} 2',
    'model_download_bytes_total{m@1.0.0,fp16,https://cdn.example:8443} 1',
    'model_download_bytes_total{m@1.0.0,fp16,local://x/y} 1',
  ]);
});

it('every count has as many labels as its metric', () => {
  const bodies: EventBody[] = [
    planned,
    received('hf://a/b', 1),
    finished,
    { type: 'source.failed', source: 'https://h.example/x', error: error('SOURCE_UNAVAILABLE') },
    { type: 'verify.file', file: 'a', ok: false, fault: 'size' },
    { type: 'verify.file', file: 'a', ok: false, fault: 'missing' },
    { type: 'gc.finished', trigger: 'quota', removed: 1, trashed: 0, kept: 0, reclaimedBytes: 7, trashBytes: 0, durationMs: 1 },
    { type: 'act.failed', act: 'rm', error: error('LOCK_TIMEOUT') },
  ];
  const counter = new CallCounter();
  const events = bodies.map((body, seq) => ({ time: '', seq, correlationId: 'c', model: 'm@1.0.0', ...body }) as ModelEvent);
  const counts = events.flatMap((event) => counter.take(event));
  expect(new Set(counts.map(({ metric }) => metric))).toEqual(new Set(Object.keys(COUNTED)));
  for (const { metric, labels } of counts) expect(labels.length, metric).toBe(COUNTED[metric as keyof typeof COUNTED].labels.length);
});
