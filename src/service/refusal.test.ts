import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, ModelError } from '../domain/errors.ts';
import { STATUS_OF_REASON } from '../domain/http-status.ts';
import { problem } from './contract/problem.ts';
import { problemOf } from './problem.ts';
import { REFUSALS, Refusal, type RefusalReason, statusOf } from './refusal.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];
const REASONS = Object.keys(REFUSALS) as RefusalReason[];

describe('every error', () => {
  it.each(CODES)('%s has a status of failure, and a problem document', (code) => {
    const error = new ModelError(code, 'it failed', { attempts: [{ source: 's', code: 'OFFLINE', message: 'm' }], details: { a: 1 } });
    expect(statusOf(error)).toBe(ERROR_CODES[code].httpStatus);
    expect(problem.parse(problemOf(error, 'id'))).toMatchObject({ status: ERROR_CODES[code].httpStatus, code, correlation_id: 'id' });
  });

  it.each(REASONS)('of the service itself, %s, has the status of its table, and a next step', (reason) => {
    const error = new Refusal(reason, 'no');
    const { status, code, hint } = REFUSALS[reason];
    expect(problem.parse(problemOf(error, 'id'))).toMatchObject({ status, code, hint, reason, detail: 'no', message: 'no' });
    expect(status).toBeGreaterThanOrEqual(400);
  });

  it('of a verb whose reason says more has the status of that', () => {
    for (const [reason, status] of Object.entries(STATUS_OF_REASON)) {
      expect(statusOf(new ModelError('INCOMPLETE_DOWNLOAD', 'm', { reason }))).toBe(status);
    }
    expect(statusOf(new ModelError('INCOMPLETE_DOWNLOAD', 'm', { reason: 'other' }))).toBe(502);
  });

  it('that only a caller can mend never looks like one of ours', () => {
    const ofCaller: readonly ErrorCode[] = [
      'INVALID_INPUT',
      'INVALID_MODEL_ID',
      'MODEL_NOT_FOUND',
      'VARIANT_NOT_FOUND',
      'COMPONENT_MISSING',
    ];
    for (const code of ofCaller) expect(ERROR_CODES[code].httpStatus).toBeLessThan(500);
    const ofService: readonly ErrorCode[] = ['INVALID_CONFIG', 'MISSING_MANIFEST', 'MANIFEST_INVALID', 'FILESYSTEM_ERROR', 'INTERNAL'];
    for (const code of ofService) expect(ERROR_CODES[code].httpStatus).toBeGreaterThanOrEqual(500);
  });
});
