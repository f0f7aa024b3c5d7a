import { describe, expect, it } from 'vitest';
import { platformOf, posixPlatform, win32Platform } from './platform.ts';

describe('platforms', () => {
  it('Windows gets the long-path prefix for long absolute paths only', () => {
    const deep = 'd\\'.repeat(130);
    expect(win32Platform.toNative('C:\\models\\x')).toBe('C:\\models\\x');
    expect(win32Platform.toNative(`C:\\${deep}x`)).toBe(`\\\\?\\C:\\${deep}x`);
    expect(win32Platform.toNative(`\\\\server\\share\\${deep}x`)).toBe(`\\\\?\\UNC\\server\\share\\${deep}x`);
    expect(win32Platform.toNative(`\\\\?\\C:\\${deep}x`)).toBe(`\\\\?\\C:\\${deep}x`);
    expect(posixPlatform.toNative(`/${'d/'.repeat(200)}x`)).toBe(`/${'d/'.repeat(200)}x`);
  });

  it('paths are compared as the platform does', () => {
    expect(win32Platform.isSamePath('C:\\Models\\x', 'c:/models/X')).toBe(true);
    expect(posixPlatform.isSamePath('/models/x', '/models//./x')).toBe(true);
    expect(posixPlatform.isSamePath('/Models', '/models')).toBe(false);
  });

  it('only win32 is Windows', () => {
    expect([platformOf('win32').name, platformOf('linux').name, platformOf('darwin').name]).toEqual(['win32', 'posix', 'posix']);
  });
});
