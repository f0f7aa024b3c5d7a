import { describe, expect, it } from 'vitest';
import { asModelError, ERROR_CODES, ErrorCode, isModelError, ModelError } from './errors.ts';

describe('the table of codes', () => {
  it('uses only the exit statuses that are documented', () => {
    const statuses = new Set(Object.values(ERROR_CODES).map(({ exitCode }) => exitCode));
    expect([...statuses].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
  });

  it('has an HTTP status of failure and a next step for each code', () => {
    for (const [code, { httpStatus, hint }] of Object.entries(ERROR_CODES)) {
      expect(httpStatus, code).toBeGreaterThanOrEqual(400);
      expect(httpStatus, code).toBeLessThan(600);
      expect(hint.length, code).toBeGreaterThan(5);
    }
  });

  it('is there as values of the same names', () => {
    expect(ErrorCode.NO_SPACE).toBe('NO_SPACE');
    expect(Object.keys(ErrorCode)).toEqual(Object.keys(ERROR_CODES));
  });
});

describe('a ModelError', () => {
  it('takes exit status, HTTP status, hint and retryability from its code', () => {
    const error = new ModelError('NO_SPACE', 'full');
    expect(error).toMatchObject({ exitCode: 6, httpStatus: 507, retryable: false, attempts: [], details: {} });
    expect(error.hint).toContain('wan models gc');
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain('errors.test.ts');
  });

  it('lets the thrower say better', () => {
    const cause = new Error('deep');
    const error = new ModelError('SOURCE_UNAVAILABLE', 'm', { hint: 'do this', retryable: false, reason: 'not_found', cause });
    expect(error).toMatchObject({ hint: 'do this', retryable: false, reason: 'not_found', cause });
  });

  it('is, as JSON, the document of the wire formats, without stack, cause and what is not there', () => {
    expect(JSON.parse(JSON.stringify(new ModelError('OFFLINE', 'm', { hint: 'h', cause: new Error('c') })))).toEqual({
      code: 'OFFLINE',
      message: 'm',
      hint: 'h',
      retryable: false,
    });
    const attempt = { source: 's', code: 'RATE_LIMIT', message: 'm' } as const;
    const full = new ModelError('RATE_LIMIT', 'm', { hint: 'h', reason: 'r', attempts: [attempt], details: { bytes_needed: 1 } });
    expect(JSON.parse(JSON.stringify(full))).toEqual({
      code: 'RATE_LIMIT',
      reason: 'r',
      message: 'm',
      hint: 'h',
      retryable: true,
      attempts: [attempt],
      details: { bytes_needed: 1 },
    });
  });
});

it('another hint changes nothing else', () => {
  const attempt = { source: 's', code: 'RATE_LIMIT', message: 'm' } as const;
  const cause = new Error('c');
  const full = new ModelError('RATE_LIMIT', 'm', { reason: 'r', attempts: [attempt], details: { a: 1 }, retryable: false, cause });
  const other = full.with({ hint: 'h' });
  expect(other.toJSON()).toEqual({ ...full.toJSON(), hint: 'h' });
  expect(other.cause).toBe(cause);
});

describe('telling errors apart', () => {
  it('knows a ModelError, and one of a code', () => {
    const error: unknown = new ModelError('OFFLINE', 'm');
    expect([isModelError(error), isModelError(error, 'OFFLINE'), isModelError(error, 'NO_SPACE'), isModelError(new Error('m'))]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('takes everything else for a bug, with its cause kept', () => {
    const error = new ModelError('OFFLINE', 'm');
    expect(asModelError(error)).toBe(error);
    const bug = new TypeError('x is not a function');
    expect(asModelError(bug)).toMatchObject({ code: 'INTERNAL', message: 'x is not a function', cause: bug, exitCode: 1 });
    expect(asModelError('thrown text')).toMatchObject({ code: 'INTERNAL', message: 'thrown text' });
  });
});
