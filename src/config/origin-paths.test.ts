import { describe, expect, it } from 'vitest';
import { originPaths } from './origin-paths.ts';

const context = { baseDir: '/etc/wan', homeDir: '/home/me', platform: 'linux' } as const;
const parse = (raw: unknown) => originPaths.parse(raw, context)?.value;

describe('paths by origin', () => {
  it('are a table in TOML, of a path or a list of paths', () => {
    expect(
      parse({ 'https://Models.Example': 'ca.pem', 'https://minio.example:9000/': ['~/a.pem', '/b.pem'], 'bare.example:8443': 'c.pem' }),
    ).toEqual({
      'https://models.example': ['/etc/wan/ca.pem'],
      'https://minio.example:9000': ['/home/me/a.pem', '/b.pem'],
      'https://bare.example:8443': ['/etc/wan/c.pem'],
    });
    expect(parse({ 'https://a.example:443': 'ca.pem' })).toEqual({ 'https://a.example': ['/etc/wan/ca.pem'] });
  });

  it('are origin=path in the environment, also where a path has an equals sign', () => {
    expect(parse('https://a.example=/x=y.pem, b.example=b.pem,')).toEqual({
      'https://a.example': ['/x=y.pem'],
      'https://b.example': ['/etc/wan/b.pem'],
    });
  });

  it.each([
    ['http', { 'http://a.example': 'ca.pem' }],
    ['a path behind the host', { 'https://a.example/models': 'ca.pem' }],
    ['a password', { 'https://me:hunter22@a.example': 'ca.pem' }],
    ['an empty origin', { '': 'ca.pem' }],
    ['a wildcard scheme', { '*://a.example': 'ca.pem' }],
    ['no path', { 'https://a.example': [] }],
    ['an empty path', { 'https://a.example': '' }],
    ['a number', { 'https://a.example': 1 }],
    ['a list', ['ca.pem']],
    ['a variable without an origin', '/ca.pem'],
    ['one twice, in two spellings', { 'https://a.example': '1.pem', 'a.example': '2.pem' }],
  ])('cannot be %s', (_, raw) => {
    expect(parse(raw)).toBeUndefined();
  });

  it('are shown with where they count', () => {
    expect(originPaths.show({ 'https://a.example': ['/1.pem', '/2.pem'] })).toBe('https://a.example: /1.pem, /2.pem');
  });
});
