import { expect, it } from 'vitest';
import { ModelError } from '../../domain/errors.ts';
import { errorText } from './error-text.ts';
import { PLAIN_SCREEN } from './screen.ts';

const attempt = (source: string, message: string) => ({ source, code: 'AUTH_FAIL', message }) as const;

it('an attempt that the message tells already is not told twice', () => {
  const attempts = [attempt('hf://org/name', 'nobody may read it')];
  const error = new ModelError('AUTH_FAIL', 'no source of a@1.0.0 could be listed: nobody may read it', { hint: 'log in', attempts });
  expect(errorText(PLAIN_SCREEN, error)).toBe('error: AUTH_FAIL no source of a@1.0.0 could be listed: nobody may read it\nhint: log in');
});

it('of several attempts, and of one that says more than the message, each has its line', () => {
  const one = new ModelError('AUTH_FAIL', 'no source', { hint: 'h', attempts: [attempt('hf://a/b', 'refused')] });
  expect(errorText(PLAIN_SCREEN, one)).toContain('\n  - hf://a/b: AUTH_FAIL refused\n');
  const two = new ModelError('AUTH_FAIL', 'refused', {
    hint: 'h',
    attempts: [attempt('hf://a/b', 'refused'), attempt('s3://c', 'refused')],
  });
  expect(errorText(PLAIN_SCREEN, two).match(/ {2}- /g)).toHaveLength(2);
});
