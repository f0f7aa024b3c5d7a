import { describe, expect, it } from 'vitest';
import { isSameOrigin, nextHop } from './redirect-rules.ts';

const from = (url: string, location: string | undefined) => nextHop(new URL(url), location).href;

describe('a redirect', () => {
  it.each([
    ['http://a/x', 'https://b/y', 'https://b/y'],
    ['https://a/x/y', '../z?q=1', 'https://a/z?q=1'],
    ['http://a/x', '//b/y#part', 'http://b/y'],
    ['http://127.0.0.1:1/x', 'http://localhost:2/y', 'http://localhost:2/y'],
    ['http://mirror.test/x', 'http://10.0.0.7/y', 'http://10.0.0.7/y'],
  ])('from %s to %s is followed', (url, location, to) => {
    expect(from(url, location)).toBe(to);
  });

  it.each([
    ['https://a/x', 'http://a/x'],
    ['http://a/x', 'file:///etc/passwd'],
    ['http://a/x', 'ftp://a/x'],
    ['http://a/x', 'data:,x'],
    ['http://a/x', 'http://user:password@b/'],
    ['http://a/x', 'http://'],
    ['http://a/x', undefined],
    ['https://hub.test/x', 'https://127.0.0.1/x'],
    ['http://hub.test/x', 'http://2130706433/x'],
    ['http://hub.test/x', 'http://[::1]/x'],
    ['http://hub.test/x', 'http://[::ffff:127.0.0.1]/x'],
    ['http://hub.test/x', 'http://localhost./x'],
    ['http://hub.test/x', 'http://169.254.169.254/latest/meta-data'],
  ])('from %s to %s is not', (url, location) => {
    expect(() => from(url, location)).toThrow(
      expect.objectContaining({ code: 'SOURCE_UNAVAILABLE', reason: 'redirect_unsafe', retryable: false }),
    );
  });

  it('never prints a query', () => {
    expect(() => from('https://a/x?token=s3cret', 'http://b/?key=s3cret')).not.toThrow(/s3cret/);
  });

  it('keeps its origin only with scheme, host and port', () => {
    const same = (a: string, b: string) => isSameOrigin(new URL(a), new URL(b));
    expect(same('https://a/x', 'https://a:443/y')).toBe(true);
    expect([same('https://a', 'http://a'), same('https://a', 'https://b.a'), same('https://a', 'https://a:444')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
