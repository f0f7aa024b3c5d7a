import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headEnd, MAX_HEAD_BYTES, parseResponseHead, UnusualResponse } from './response-head.ts';

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

describe('parseResponseHead', () => {
  it('reads what a plain file server sends', () => {
    const text = head(
      'HTTP/1.1 206 Partial Content',
      'ETag: "x"',
      'content-length:  5 ',
      'Content-Range: bytes 0-4/10',
      'Connection: keep-alive',
    );
    expect(parseResponseHead(text)).toEqual({
      status: 206,
      contentLength: 5,
      headers: { etag: '"x"', 'content-length': '5', 'content-range': 'bytes 0-4/10', connection: 'keep-alive' },
      keepAlive: true,
    });
    expect(parseResponseHead(head('HTTP/1.1 404', 'Content-Length: 0', 'Connection: close'))).toMatchObject({
      status: 404,
      keepAlive: false,
    });
  });

  it.each([
    head('HTTP/1.0 200 OK', 'Content-Length: 1'),
    head('HTTP/1.1 100 Continue'),
    head('HTTP/1.1 200 OK'),
    head('HTTP/1.1 200 OK', 'Content-Length: 1, 1'),
    head('HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2'),
    head('HTTP/1.1 200 OK', 'Content-Length: -1'),
    head('HTTP/1.1 200 OK', 'Content-Length: 0x10'),
    head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
    head('HTTP/1.1 200 OK', 'Content-Length: 5', ' folded: line'),
    head('HTTP/1.1 200 OK', 'Content-Length : 5'),
    head('HTTP/1.1 200 OK', 'Content-Length: 5', 'x: a\nb'),
    head('HTTP/1.1 200 OK\nContent-Length: 5'),
    head('HTTP/1.1 204 No Content', 'Content-Length: 0'),
    head(''),
  ])('leaves anything unusual to a full client: %j', (text) => {
    expect(() => parseResponseHead(text)).toThrow(UnusualResponse);
  });

  it('never fails in any other way, whatever comes', () => {
    const soup = fc.array(
      fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.1 206', 'content-length: 5', 'etag: "a"', ':', 'a:b', '\r\n', '\n', '\0', 'é', ' '),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          soup.map((parts) => parts.join('\r\n')),
        ),
        (text) => {
          try {
            expect(parseResponseHead(text).contentLength).toBeGreaterThanOrEqual(0);
          } catch (error) {
            expect(error).toBeInstanceOf(UnusualResponse);
          }
        },
      ),
    );
  });
});

describe('headEnd', () => {
  it('bounds what it waits for', () => {
    expect(headEnd(Buffer.from('HTTP/1.1 200'))).toBe(-1);
    expect(headEnd(Buffer.from('a\r\n\r\nbody'))).toBe(5);
    expect(() => headEnd(Buffer.alloc(MAX_HEAD_BYTES + 1))).toThrow(UnusualResponse);
  });
});
