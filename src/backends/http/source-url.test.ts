import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileUrl, parseBaseUrl, parseHttpUrl } from './source-url.ts';

describe('the URL of a file', () => {
  it('is its base and its encoded path', () => {
    expect(fileUrl(parseBaseUrl('http://h/models'), 'a b/c#d&e%20.bin').href).toBe('http://h/models/a%20b/c%23d%26e%2520.bin');
  });

  it('lies below its base and reads back as its path', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '.', '..', '%2e%2e', '/', '#', '%', 'ü', ' ', ';', '@', ':')), (parts) => {
        const path = parts.join('');
        try {
          const url = fileUrl(parseBaseUrl('http://h/base'), path);
          expect(url.origin + url.search + url.hash).toBe('http://h');
          expect(url.pathname.slice(0, 6) + decodeURIComponent(url.pathname.slice(6))).toBe(`/base/${path}`);
        } catch (error) {
          expect(error).toMatchObject({ code: 'PATH_UNSAFE' });
        }
      }),
    );
  });
});

describe('a source URL', () => {
  it.each(['ftp://h', 'http://', 'h/x', 'http://user@h/', 'http://:pw@h/', 'http://h/?a', 'http://h/#a'])(
    '%s is refused as a base',
    (url) => {
      expect(() => parseBaseUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    },
  );

  it('of one file keeps its query', () => {
    expect(parseHttpUrl('https://h/a?sig=x').href).toBe('https://h/a?sig=x');
  });
});
