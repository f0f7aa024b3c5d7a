import { describe, expect, it } from 'vitest';
import { conditionalHeaders, contradicts, validatorOf } from './validators.ts';

const MODIFIED = 'Mon, 01 Jun 2026 00:00:00 GMT';
const LATER = 'Mon, 01 Jun 2026 00:00:01 GMT';

describe('the validator of an answer', () => {
  it('is a strong ETag, else a date that is a second old', () => {
    expect(validatorOf({ etag: '"abc"', 'last-modified': MODIFIED, date: LATER })).toBe('"abc"');
    expect(validatorOf({ 'last-modified': MODIFIED, date: LATER })).toBe(MODIFIED);
    expect(validatorOf({ etag: 'W/"abc"', 'last-modified': MODIFIED, date: LATER })).toBe(MODIFIED);
  });

  it.each([
    {},
    { etag: 'W/"abc"' },
    { etag: 'abc' },
    { etag: '"a"b"' },
    { 'last-modified': MODIFIED },
    { 'last-modified': MODIFIED, date: MODIFIED },
  ])('is nothing in %j', (headers) => {
    expect(validatorOf(headers)).toBeUndefined();
  });

  it('is contradicted by another of its kind only', () => {
    expect(contradicts({ etag: '"new"' }, '"old"')).toBe(true);
    expect(contradicts({ etag: 'W/"new"' }, '"old"')).toBe(true);
    expect(contradicts({ etag: 'W/"old"' }, '"old"')).toBe(false);
    expect(contradicts({ 'last-modified': LATER }, MODIFIED)).toBe(true);
    expect(contradicts({ 'last-modified': LATER }, '"old"')).toBe(false);
    expect(contradicts({ etag: '"any"' }, MODIFIED)).toBe(false);
  });

  it('goes along as a condition, and on ranges as If-Range too', () => {
    expect(conditionalHeaders(undefined, true)).toEqual({});
    expect(conditionalHeaders('"a"', true)).toEqual({ 'if-match': '"a"', 'if-range': '"a"' });
    expect(conditionalHeaders('"a"', false)).toEqual({ 'if-match': '"a"' });
    expect(conditionalHeaders(MODIFIED, true)).toEqual({ 'if-unmodified-since': MODIFIED, 'if-range': MODIFIED });
  });
});
