import { describe, expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import { formatHumanLine, formatJsonLine } from './format-log.ts';
import { toLogRecord } from './log-record.ts';
import { createLogWriter, logSink } from './log-writer.ts';

const at = (body: EventBody, model: string | undefined = 't2v-A14B@2.2.0@fp16'): ModelEvent => ({
  time: '2026-01-15T10:30:00.123Z',
  seq: 1,
  correlationId: 'req-123456',
  ...(model !== '' && { model }),
  ...body,
});

const FINISHED: EventBody = {
  type: 'ensure.finished',
  path: '/data/models/wan22/t2v-A14B@2.2.0@fp16',
  fetchedBytes: 5_368_709_120,
  fetchedFiles: 12,
  sources: ['s3://ai-models/wan22/t2v-A14B@2.2.0'],
  durationMs: 45_200,
  proof: 'manifest-sha256',
};

describe('a log record', () => {
  it('has the fields of the design document', () => {
    expect(toLogRecord(at(FINISHED))).toStrictEqual({
      timestamp: '2026-01-15T10:30:00.123Z',
      level: 'INFO',
      message: 'Model download completed',
      correlation_id: 'req-123456',
      event: 'ensure.finished',
      model_id: 't2v-A14B@2.2.0',
      variant: 'fp16',
      path: '/data/models/wan22/t2v-A14B@2.2.0@fp16',
      source: 's3://ai-models/wan22/t2v-A14B@2.2.0',
      duration_seconds: 45.2,
      bytes_downloaded: 5_368_709_120,
      files_downloaded: 12,
      proof: 'manifest-sha256',
    });
  });

  it('does not claim a download where nothing was fetched', () => {
    expect(toLogRecord(at({ ...FINISHED, fetchedBytes: 0 }))?.message).toBe('Model is complete');
  });

  it.each([
    ['m@1.0.0', { model_id: 'm@1.0.0' }],
    ['m@1.0.0@bf16', { model_id: 'm@1.0.0', variant: 'bf16' }],
    ['m@1.0.0@+lightning', { model_id: 'm@1.0.0', overlay: 'lightning' }],
    ['m@1.0.0@bf16@+lightning', { model_id: 'm@1.0.0', variant: 'bf16', overlay: 'lightning' }],
  ])('takes %s apart', (model, fields) => {
    const record = toLogRecord(at(FINISHED, model));
    const taken = ['model_id', 'variant', 'overlay'].filter((field) => record?.[field] !== undefined);
    expect(Object.fromEntries(taken.map((field) => [field, record?.[field]]))).toEqual(fields);
  });

  it('carries code, reason, hint and attempts of a failure', () => {
    const error = {
      code: 'SOURCE_UNAVAILABLE',
      reason: 'all_failed',
      message: 'every source failed',
      hint: 'look',
      retryable: true,
      attempts: [{ source: 'https://a.example', code: 'NETWORK_TIMEOUT', message: 'silent for 60 s' }],
    } as const;
    expect(toLogRecord(at({ type: 'ensure.failed', error }))).toMatchObject({
      level: 'ERROR',
      message: 'every source failed',
      error_code: 'SOURCE_UNAVAILABLE',
      error_reason: 'all_failed',
      hint: 'look',
      attempts: error.attempts,
    });
    expect(toLogRecord(at({ type: 'ensure.failed', error: { ...error, code: 'CANCELLED' } }))?.level).toBe('WARN');
  });

  it.each([
    ['INVALID_INPUT', undefined, 'WARN'],
    ['CONCURRENT_MODIFICATION', 'model_pinned', 'WARN'],
    ['CANCELLED', undefined, 'WARN'],
    ['CHECKSUM_FAIL', 'upload_wrong_digest', 'WARN'],
    ['CHECKSUM_FAIL', undefined, 'ERROR'],
    ['NO_SPACE', undefined, 'ERROR'],
    ['INTERNAL', undefined, 'ERROR'],
  ] as const)('of a verb that failed with %s (%s) has the level of who can mend it: %s', (code, reason, level) => {
    const error = { code, message: 'm', hint: 'h', retryable: false, ...(reason && { reason }) };
    expect(toLogRecord(at({ type: 'act.failed', act: 'rm', error }))?.level).toBe(level);
  });

  it('says who is waited for', () => {
    const holder = {
      pid: 4121,
      host: 'gpu-7',
      bootId: 'b',
      since: '2026-01-15T10:25:00.123Z',
      doing: 'ensure m@1.0.0',
      doneBytes: 625,
      totalBytes: 1000,
    };
    expect(toLogRecord(at({ type: 'lock.waiting', lock: 'model', holder, waitedMs: 5000 }))?.message).toBe(
      'waiting for pid 4121 on gpu-7 (62 %, 3 min left), for 5.0 s so far',
    );
  });

  it.each(['ensure.progress', 'file.progress', 'verify.progress'])('is not made of %s', (type) => {
    expect(
      toLogRecord(at({ type, file: 'f', doneBytes: 1, totalBytes: 2, sizeBytes: 2, verifiedBytes: 0, bytesPerSecond: 1 } as EventBody)),
    ).toBeUndefined();
  });
});

describe('a log line', () => {
  const record = (message: string) => toLogRecord(at({ type: 'warning', code: 'odd', message }));

  it('as JSON is one line that reads back equal', () => {
    const made = record('two\nlines\u2028"quoted"');
    if (made === undefined) throw new Error('not logged');
    const line = formatJsonLine(made);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual(made);
  });

  it('for people names time, level, model and correlation id', () => {
    const made = record('careful');
    expect(made && formatHumanLine(made, { color: false })).toBe('10:30:00.123 WARN  t2v-A14B@2.2.0@fp16: careful [req-123456]');
    expect(made && formatHumanLine(made, { color: true })).toContain('\u001b[33mWARN \u001b[39m');
  });

  it('for people cannot be forged by what is logged', () => {
    const made = record('a\n10:30:00.123 INFO fake\u001b[2J\r\u0007');
    expect(made && formatHumanLine(made, { color: false }).split('\n')).toEqual([
      '10:30:00.123 WARN  t2v-A14B@2.2.0@fp16: a',
      '    10:30:00.123 INFO fake\\u001b[2J\\u000d\\u0007 [req-123456]',
    ]);
  });
});

describe('the log', () => {
  it.each([
    ['error', 1],
    ['warn', 2],
    ['info', 3],
    ['debug', 4],
  ] as const)('at %s writes %i of four lines', (level, count) => {
    const lines: string[] = [];
    const sink = logSink(createLogWriter({ level, format: 'json', color: false, write: (line) => lines.push(line) }));
    sink(at({ type: 'verify.file', file: 'f', ok: false, fault: 'digest' }));
    sink(at({ type: 'warning', code: 'c', message: 'm' }));
    sink(at(FINISHED));
    sink(at({ type: 'ensure.phase', phase: 'planning' }));
    sink(at({ type: 'verify.progress', doneBytes: 1, totalBytes: 2 }));
    expect(lines).toHaveLength(count);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ correlation_id: 'req-123456' });
  });
});
