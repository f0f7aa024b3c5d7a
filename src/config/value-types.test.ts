import { describe, expect, it } from 'vitest';
import type { ParseContext, ValueType } from './value-type.ts';
import {
  boolean,
  choice,
  decimalNumber,
  duration,
  httpUrl,
  orOff,
  path,
  paths,
  powerOfTwoSize,
  proxyUrl,
  size,
  wholeNumber,
  words,
} from './value-types.ts';

const POSIX: ParseContext = { baseDir: '/project', homeDir: '/home/me', platform: 'linux' };
const WINDOWS: ParseContext = { baseDir: 'D:\\work', homeDir: 'C:\\Users\\me', platform: 'win32' };
const read = <T>(type: ValueType<T>, raw: unknown, context = POSIX): T | undefined | 'refused' => {
  const parsed = type.parse(raw, context);
  return parsed === undefined ? 'refused' : parsed.value;
};

describe('a value of the configuration', () => {
  it.each([
    [true, true],
    ['ON', true],
    [' yes ', true],
    ['1', true],
    [1, true],
    ['off', false],
    [0, false],
    ['maybe', 'refused'],
    ['', 'refused'],
    [[true], 'refused'],
    [2, 'refused'],
    [Object.create(null), 'refused'],
  ])('boolean %j is %j', (raw, value) => {
    expect(read(boolean, raw)).toBe(value);
  });

  it.each([
    [4, 4],
    ['4', 4],
    [0, 'refused'],
    [65, 'refused'],
    [1.5, 'refused'],
    ['4 files', 'refused'],
    ['0x4', 'refused'],
    ['', 'refused'],
    [Number.NaN, 'refused'],
    [4n, 'refused'],
    [true, 'refused'],
  ])('whole number %s is %s', (raw, value) => {
    expect(read(wholeNumber(1, 64), raw)).toBe(value);
  });

  it('number may have a fraction', () => {
    expect(read(decimalNumber(1, 10), '2.5')).toBe(2.5);
    expect(read(decimalNumber(1, 10), 10.01)).toBe('refused');
  });

  it('choice does not mind capitals', () => {
    expect(read(choice('warn', 'info'), 'INFO')).toBe('info');
    expect(read(choice('warn', 'info'), ['info', 'x'])).toBe('refused');
  });

  it('size and duration are text with a unit, or a plain number', () => {
    expect([read(size(0), '20M'), read(size(0), 512), read(size(1024), 512), read(size(0), -1), read(size(0), true)]).toEqual([
      20_971_520,
      512,
      'refused',
      'refused',
      'refused',
    ]);
    expect([read(duration(0), '5m'), read(duration(0), 1.5), read(duration(1000), '1ms')]).toEqual([300_000, 1500, 'refused']);
    expect([
      read(powerOfTwoSize(1024, 8192), '4K'),
      read(powerOfTwoSize(1024, 8192), '5K'),
      read(powerOfTwoSize(1024, 8192), '16K'),
    ]).toEqual([4096, 'refused', 'refused']);
  });

  it('off is a value of its own', () => {
    expect(read(orOff(size(1)), 'OFF')).toBeUndefined();
    expect(read(orOff(size(1)), 'none')).toBeUndefined();
    expect(read(orOff(size(1)), '0')).toBe('refused');
    expect(orOff(size(1)).show(undefined)).toBe('off');
  });

  it.each([
    ['~/models', POSIX, '/home/me/models'],
    ['~', POSIX, '/home/me'],
    ['~other/models', POSIX, '/project/~other/models'],
    ['a/../b', POSIX, '/project/b'],
    ['/abs', POSIX, '/abs'],
    ['~\\models', WINDOWS, 'C:\\Users\\me\\models'],
    ['models', WINDOWS, 'D:\\work\\models'],
    ['\\\\nas\\share\\models', WINDOWS, '\\\\nas\\share\\models'],
    ['', POSIX, 'refused'],
    ['a\0b', POSIX, 'refused'],
    [5, POSIX, 'refused'],
  ])('path %j is absolute', (raw, context, value) => {
    expect(read(path, raw, context)).toBe(value);
  });

  it('list of paths is separated as the platform does it, or a TOML array', () => {
    expect(read(paths, '/a:b:', POSIX)).toEqual(['/a', '/project/b']);
    expect(read(paths, 'C:\\a;b', WINDOWS)).toEqual(['C:\\a', 'D:\\work\\b']);
    expect(read(paths, ['/a', '~/b'])).toEqual(['/a', '/home/me/b']);
    expect(read(paths, ['/a', 5])).toBe('refused');
    expect(read(words, 'a, b ,,c')).toEqual(['a', 'b', 'c']);
    expect(read(words, [1])).toBe('refused');
  });

  it('URL is http and holds no password', () => {
    expect(read(httpUrl, 'http://minio:9000/')).toBe('http://minio:9000');
    expect(read(httpUrl, 'https://s3.example/base/')).toBe('https://s3.example/base');
    expect([read(httpUrl, 'ftp://a'), read(httpUrl, 'minio:9000'), read(httpUrl, 'http://u:p@a'), read(httpUrl, 5)]).toEqual([
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
  });

  it('proxy is shown without its password', () => {
    const proxy = proxyUrl.parse('http://me:hunter22@proxy:3128', POSIX)?.value;
    expect(proxy?.reveal()).toBe('http://me:hunter22@proxy:3128');
    expect(proxyUrl.show(proxy)).toBe('http://******@proxy:3128');
    expect(read(proxyUrl, 'http://')).toBe('refused');
  });
});
