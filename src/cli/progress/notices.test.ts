import { expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../../domain/events.ts';
import { createNotices } from './notices.ts';

const event = (body: EventBody): ModelEvent => ({
  time: '2026-11-22T10:00:00.000Z',
  seq: 1,
  correlationId: 'c',
  model: 'a@1.0.0',
  ...body,
});
const lacks = (file: string): ModelEvent =>
  event({
    type: 'source.failed',
    source: 'local://mirror',
    file,
    error: { code: 'SOURCE_UNAVAILABLE', reason: 'not_found', message: 'there is no file', hint: '', retryable: false },
  });

it('tells once what a source lacks, however many files that are', () => {
  const notices = createNotices();
  expect([lacks('a.bin'), lacks('b.bin')].map(notices)).toEqual(['a@1.0.0: local://mirror does not have a.bin', undefined]);
});

it('tells of a failure with its code, of wrong bytes, and of warnings', () => {
  const notices = createNotices();
  const error = { code: 'NETWORK_TIMEOUT', message: 'no answer', hint: '', retryable: true } as const;
  expect(
    [
      event({ type: 'source.failed', source: 'https://one.example', error }),
      event({ type: 'source.lied', source: 'https://one.example', file: 'a.bin', expected: 'x', found: 'y' }),
      event({ type: 'warning', code: 'w', message: 'mind the gap' }),
      event({ type: 'ensure.phase', phase: 'planning' }),
    ].map(notices),
  ).toEqual([
    'a@1.0.0: https://one.example failed: NETWORK_TIMEOUT no answer',
    'a@1.0.0: https://one.example gave wrong bytes for a.bin; they were dropped',
    'a@1.0.0: warning: mind the gap',
    undefined,
  ]);
});

it('tells once for what a source is waited for, and nothing of what is over in a moment', () => {
  const notices = createNotices();
  const again = (delayMs: number, file = 'a.bin') =>
    event({ type: 'retry.scheduled', source: 'hf://org/a', file, attempt: 1, delayMs, reason: 'rate_limit_anonymous' });
  expect([again(400), again(21_188), again(40_000, 'b.bin')].map(notices)).toEqual([
    undefined,
    'a@1.0.0: hf://org/a is asked again in 21 s: rate_limit_anonymous',
    undefined,
  ]);
});
