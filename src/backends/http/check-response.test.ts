import { describe, expect, it } from 'vitest';
import { type AskedFor, checkResponse } from './check-response.ts';

const asked = (more: Partial<AskedFor> = {}): AskedFor => ({ label: 'http://h/a', range: { offset: 100, length: 50 }, ...more });
const partial = (contentRange: string, headers: Record<string, string> = {}) => ({
  status: 206,
  headers: { 'content-range': contentRange, ...headers },
});
const whole = (headers: Record<string, string>) => ({ status: 200, headers });

describe('a 206 answer', () => {
  it('is taken for exactly the range asked for', () => {
    expect(checkResponse(partial('bytes 100-149/1000', { etag: '"x"', 'content-length': '50' }), asked())).toEqual({
      offset: 100,
      lengthBytes: 50,
      totalBytes: 1000,
      validator: '"x"',
    });
  });

  it('may end where the file ends, and need not know the total', () => {
    expect(checkResponse(partial('bytes 100-119/120'), asked())).toMatchObject({ lengthBytes: 20, totalBytes: 120 });
    expect(checkResponse(partial('bytes 100-149/*'), asked())).toEqual({ offset: 100, lengthBytes: 50 });
    expect(checkResponse(partial('bytes 100-119/*'), asked())).toEqual({ offset: 100, lengthBytes: 20 });
    expect(checkResponse(partial('bytes 100-999/1000'), asked({ range: { offset: 100 } }))).toMatchObject({ lengthBytes: 900 });
    expect(checkResponse(partial('bytes 0-9/10'), asked({ range: undefined }))).toMatchObject({ offset: 0, lengthBytes: 10 });
  });

  it.each([
    ['another start', 'bytes 99-149/1000'],
    ['another end', 'bytes 100-148/1000'],
    ['more than asked for', 'bytes 100-150/1000'],
    ['no range at all', ''],
    ['nonsense', 'bytes 100-149'],
    ['an unknown total but too much', 'bytes 100-200/*'],
  ])('with %s is refused', (_, contentRange) => {
    expect(() => checkResponse(partial(contentRange), asked())).toThrow(
      expect.objectContaining({ code: 'SOURCE_UNAVAILABLE', reason: 'range_wrong', retryable: false }),
    );
  });

  it('that ends early in a file of known size is refused', () => {
    expect(() => checkResponse(partial('bytes 100-119/*'), asked({ expectedBytes: 1000 }))).toThrow(
      expect.objectContaining({ reason: 'range_wrong' }),
    );
  });

  it('of a file of another size is a SIZE_MISMATCH with both numbers', () => {
    expect(() => checkResponse(partial('bytes 100-149/1000'), asked({ expectedBytes: 999 }))).toThrow(
      expect.objectContaining({ code: 'SIZE_MISMATCH', details: { expected_bytes: 999, found_bytes: 1000 } }),
    );
  });

  it('with several parts, or a length that is not that of its range, is refused', () => {
    expect(() => checkResponse(partial('bytes 100-149/1000', { 'content-type': 'multipart/byteranges; boundary=x' }), asked())).toThrow(
      expect.objectContaining({ reason: 'multipart' }),
    );
    expect(() => checkResponse(partial('bytes 100-149/1000', { 'content-length': '51' }), asked())).toThrow(
      expect.objectContaining({ reason: 'length_wrong' }),
    );
  });
});

describe('a 200 answer', () => {
  it('to a range is the whole file from its start', () => {
    expect(checkResponse(whole({ 'content-length': '1000' }), asked())).toEqual({ offset: 0, lengthBytes: 1000, totalBytes: 1000 });
  });

  it('without a length is held to the expected size, if there is one', () => {
    expect(checkResponse(whole({}), asked({ expectedBytes: 1000 }))).toEqual({ offset: 0, lengthBytes: 1000 });
    expect(checkResponse(whole({}), asked())).toEqual({ offset: 0 });
    expect(checkResponse(whole({ 'transfer-encoding': 'chunked', 'content-length': '5' }), asked())).toEqual({ offset: 0 });
  });

  it('of another size is a SIZE_MISMATCH', () => {
    expect(() => checkResponse(whole({ 'content-length': '1000' }), asked({ expectedBytes: 1001 }))).toThrow(
      expect.objectContaining({ code: 'SIZE_MISMATCH' }),
    );
  });
});

describe('any answer', () => {
  it.each(['gzip', 'br', 'deflate', 'zstd', 'identity, gzip'])('encoded as %s is refused', (encoding) => {
    expect(() => checkResponse(whole({ 'content-encoding': encoding }), asked())).toThrow(
      expect.objectContaining({ code: 'SOURCE_UNAVAILABLE', reason: 'encoding_unexpected' }),
    );
  });

  it('encoded as identity is not encoded', () => {
    expect(checkResponse(whole({ 'content-encoding': 'Identity' }), asked()).offset).toBe(0);
  });

  it.each([
    ['206 with another ETag', partial('bytes 100-149/1000', { etag: '"new"' })],
    ['200 with another ETag', whole({ etag: '"new"' })],
    ['200 with another size and ETag', whole({ etag: '"new"', 'content-length': '5' })],
    ['416 with another ETag', { status: 416, headers: { 'content-range': 'bytes */5', etag: '"new"' } }],
    ['412', { status: 412, headers: {} }],
  ])('%s, where bytes of the old one are held, is DRIFT', (_, head) => {
    expect(() => checkResponse(head, asked({ validator: '"old"', expectedBytes: 1000 }))).toThrow(
      expect.objectContaining({ code: 'DRIFT', reason: 'validator_changed' }),
    );
  });
});

describe('a 416 answer', () => {
  const refused = (total: string) => ({ status: 416, headers: { 'content-range': `bytes */${total}` } });

  it('is an empty body where the range starts at the end', () => {
    expect(checkResponse(refused('100'), asked({ expectedBytes: 100 }))).toEqual({ offset: 100, lengthBytes: 0, totalBytes: 100 });
  });

  it('is a SIZE_MISMATCH beyond it', () => {
    expect(() => checkResponse(refused('99'), asked())).toThrow(expect.objectContaining({ code: 'SIZE_MISMATCH', reason: 'beyond_end' }));
    expect(() => checkResponse(refused('100'), asked({ expectedBytes: 200 }))).toThrow(expect.objectContaining({ code: 'SIZE_MISMATCH' }));
  });

  it('is refused for a range that the file has, or without a size', () => {
    expect(() => checkResponse(refused('101'), asked())).toThrow(expect.objectContaining({ reason: 'range_wrong' }));
    expect(() => checkResponse({ status: 416, headers: {} }, asked())).toThrow(expect.objectContaining({ reason: 'range_wrong' }));
  });
});
