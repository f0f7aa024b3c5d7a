import { describe, expect, it } from 'vitest';
import { Secret } from '../../domain/secret.ts';
import { ProxyRules } from './proxy-rules.ts';

const http = new Secret('http://proxy-a:1');
const https = new Secret('http://proxy-b:2');
const all = new Secret('http://proxy-c:3');
const proxied = (noProxy: string[], url: string) => new ProxyRules({ allProxy: all, noProxy }).proxyFor(new URL(url)) !== undefined;

describe('the proxy of a URL', () => {
  it('goes by its scheme, then by the one for all', () => {
    const rules = new ProxyRules({ httpProxy: http, httpsProxy: https });
    expect([rules.proxyFor(new URL('http://h')), rules.proxyFor(new URL('https://h'))]).toEqual([http, https]);
    expect(new ProxyRules({ httpProxy: http, allProxy: all }).proxyFor(new URL('https://h'))).toBe(all);
    expect(new ProxyRules({}).proxyFor(new URL('https://h'))).toBeUndefined();
  });

  it.each([
    ['h.test', 'http://h.test/'],
    ['h.test', 'http://sub.h.test/'],
    ['.h.test', 'http://h.test/'],
    ['*.h.test', 'http://sub.h.test/'],
    ['H.Test', 'http://h.test./'],
    ['h.test:8080', 'http://h.test:8080/'],
    ['h.test:443', 'https://h.test/'],
    ['10.0.0.0/8', 'http://10.255.1.2/'],
    ['10.0.0.0/8:8080', 'http://10.255.1.2:8080/'],
    ['10.1.2.3', 'http://10.1.2.3:99/'],
    ['fd00::/8', 'http://[fd12::1]/'],
    ['[::1]:80', 'http://[::1]/'],
    ['::1', 'http://[::1]:9/'],
    ['*', 'https://anything.test/'],
    [' h.test ', 'http://h.test/'],
  ])('is none where NO_PROXY has %s, for %s', (entry, url) => {
    expect(proxied(['other.test', entry], url)).toBe(false);
  });

  it.each([
    ['h.test', 'http://xh.test/'],
    ['h.test:8080', 'http://h.test/'],
    ['10.0.0.0/8', 'http://11.0.0.1/'],
    ['10.0.0.0/8:8080', 'http://10.255.1.2/'],
    ['10.0.0.0/99', 'http://10.0.0.1/'],
    ['10.0.0.0/8', 'http://10.example.test/'],
    ['fd00::/8', 'http://10.0.0.1/'],
    ['', 'http://h.test/'],
  ])('is there where NO_PROXY has %s, for %s', (entry, url) => {
    expect(proxied([entry], url)).toBe(true);
  });
});
